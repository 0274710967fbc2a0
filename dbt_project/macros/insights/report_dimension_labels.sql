{#- One row per report and dimension: how it is called, and the table that names its members. -#}
{% macro report_dimension_labels() %}
    {%- for report in insight_reports() %}
    {%- set last_report = loop.last %}
    {%- for dimension in report.dimensions %}
    select
        '{{ report.id }}' as report_id,
        '{{ dimension.column }}' as dimension,
        '{{ dbt.escape_single_quotes(dimension.label) }}' as label,
        cast({{ "'" ~ dimension.member_table ~ "'" if dimension.member_table else 'null' }} as string) as member_table
    {{ 'union all' if not (last_report and loop.last) }}
    {%- endfor %}
    {%- else %}
    select 1 as report_id
    {%- endfor %}
{% endmacro %}
