{#- The date of a UTC instant in the report time zone. -#}
{% macro report_date(instant) -%}
    {{ adapter.dispatch('report_date')(instant) }}
{%- endmacro %}

{% macro duckdb__report_date(instant) -%}
    {%- if var('report_timezone') == 'UTC' -%}
    cast({{ instant }} as date)
    {%- else -%}
    cast(timezone('{{ var("report_timezone") }}', timezone('UTC', {{ instant }})) as date)
    {%- endif -%}
{%- endmacro %}

{% macro spark__report_date(instant) -%}
    {%- if var('report_timezone') == 'UTC' -%}
    cast({{ instant }} as date)
    {%- else -%}
    cast(convert_timezone('UTC', '{{ var("report_timezone") }}', {{ instant }}) as date)
    {%- endif -%}
{%- endmacro %}
