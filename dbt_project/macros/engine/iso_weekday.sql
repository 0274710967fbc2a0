{#- The weekday of a date, 1 = Monday to 7 = Sunday. -#}
{% macro iso_weekday(date_day) -%}
    {{ return(adapter.dispatch('iso_weekday')(date_day)) }}
{%- endmacro %}

{% macro duckdb__iso_weekday(date_day) -%}
    {{ return('extract(isodow from ' ~ date_day ~ ')') }}
{%- endmacro %}

{% macro spark__iso_weekday(date_day) -%}
    {{ return('extract(dow_iso from ' ~ date_day ~ ')') }}
{%- endmacro %}
