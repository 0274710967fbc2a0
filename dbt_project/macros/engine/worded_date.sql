{#- A date as in the headings of pages: 29 June 2026. -#}
{% macro worded_date(date_day) -%}
    {{ return(adapter.dispatch('worded_date')(date_day)) }}
{%- endmacro %}

{% macro duckdb__worded_date(date_day) -%}
    {{ return("strftime(" ~ date_day ~ ", '%-d %B %Y')") }}
{%- endmacro %}

{% macro spark__worded_date(date_day) -%}
    {{ return("date_format(" ~ date_day ~ ", 'd MMMM yyyy')") }}
{%- endmacro %}
