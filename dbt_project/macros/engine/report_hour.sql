{#- The hour, 0 to 23, of a UTC instant in the report time zone. -#}
{% macro report_hour(instant) -%}
    {{ adapter.dispatch('report_hour')(instant) }}
{%- endmacro %}

{% macro duckdb__report_hour(instant) -%}
    {%- if var('report_timezone') == 'UTC' -%}
    extract(hour from {{ instant }})
    {%- else -%}
    extract(hour from timezone('{{ var("report_timezone") }}', timezone('UTC', {{ instant }})))
    {%- endif -%}
{%- endmacro %}

{% macro spark__report_hour(instant) -%}
    {%- if var('report_timezone') == 'UTC' -%}
    hour({{ instant }})
    {%- else -%}
    hour(convert_timezone('UTC', '{{ var("report_timezone") }}', {{ instant }}))
    {%- endif -%}
{%- endmacro %}
