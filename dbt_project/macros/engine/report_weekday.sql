{#- The weekday, 1 = Monday to 7 = Sunday, of a UTC instant in the report time zone. -#}
{% macro report_weekday(instant) -%}
    {{ adapter.dispatch('report_weekday')(instant) }}
{%- endmacro %}

{% macro duckdb__report_weekday(instant) -%}
    extract(isodow from {{ report_date(instant) }})
{%- endmacro %}
