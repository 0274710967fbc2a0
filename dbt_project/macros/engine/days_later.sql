{#- The date a number of days after another one, before it where the number is negative. -#}
{% macro days_later(date_day, days) -%}
    {{ return(adapter.dispatch('days_later')(date_day, days)) }}
{%- endmacro %}

{% macro duckdb__days_later(date_day, days) -%}
    {{ return("cast(" ~ dbt.dateadd('day', days, date_day) ~ " as date)") }}
{%- endmacro %}

{% macro spark__days_later(date_day, days) -%}
    {{ return("date_add(" ~ date_day ~ ", cast(" ~ days ~ " as int))") }}
{%- endmacro %}
