{#- The date a number of days after another one, before it where the number is negative. -#}
{% macro days_later(date_day, days) -%}
    {{ return("cast(" ~ dbt.dateadd('day', days, date_day) ~ " as date)") }}
{%- endmacro %}
