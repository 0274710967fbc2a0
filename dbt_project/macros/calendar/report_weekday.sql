{#- The weekday, 1 = Monday to 7 = Sunday, of a UTC instant in the report time zone. -#}
{% macro report_weekday(instant) -%}
    {{ iso_weekday(report_date(instant)) }}
{%- endmacro %}
