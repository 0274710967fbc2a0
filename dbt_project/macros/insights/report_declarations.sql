{#- One row per report: its id and newest date, and how sentences call and write its headline. -#}
{% macro report_declarations() %}
    {%- for report in insight_reports() %}
    select
        '{{ report.id }}' as report_id,
        '{{ report.headline.name }}' as measure,
        '{{ dbt.escape_single_quotes(report.label) }}' as label,
        '{{ report.headline.format }}' as format,
        {{ 'true' if report.headline.per else 'false' }} as is_ratio,
        {{ 'true' if report.is_stock else 'false' }} as is_stock,
        cast({{ "'" ~ dbt.escape_single_quotes(report.recent) ~ "'" if report.recent else 'null' }} as string) as recent,
        max(report_date) as newest_date
    from {{ report.relation }}
    {{ 'union all' if not loop.last }}
    {%- else %}
    select 1 as report_id
    {%- endfor %}
{% endmacro %}
