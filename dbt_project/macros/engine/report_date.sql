{#- The date of a UTC instant in the report time zone. -#}
{% macro report_date(instant) -%}
    {{ adapter.dispatch('report_date')(instant) }}
{%- endmacro %}

{% macro default__report_date(instant) -%}
    {{ exceptions.raise_compiler_error('report_date has no body for engine ' ~ target.type) }}
{%- endmacro %}

{% macro duckdb__report_date(instant) -%}
    {%- if var('report_timezone') == 'UTC' -%}
    cast({{ instant }} as date)
    {%- else -%}
    cast(timezone('{{ var("report_timezone") }}', timezone('UTC', {{ instant }})) as date)
    {%- endif -%}
{%- endmacro %}
