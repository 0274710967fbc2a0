{#- The name of a date's weekday. -#}
{% macro worded_weekday(date_day) -%}
    {{ return(adapter.dispatch('worded_weekday')(date_day)) }}
{%- endmacro %}

{% macro duckdb__worded_weekday(date_day) -%}
    {{ return("strftime(" ~ date_day ~ ", '%A')") }}
{%- endmacro %}

{% macro spark__worded_weekday(date_day) -%}
    {{ return("date_format(" ~ date_day ~ ", 'EEEE')") }}
{%- endmacro %}
