with

declared as (
    {%- set reports = insight_reports() %}
    {%- set newest = newest_dates(reports) %}
    {%- for report in reports %}
    select
        '{{ report.id }}' as report_id,
        '{{ report.headline.name }}' as measure,
        '{{ dbt.escape_single_quotes(report.label) }}' as label,
        '{{ report.headline.format }}' as format,
        {{ 'true' if report.headline.denominator else 'false' }} as is_ratio,
        {{ 'true' if report.is_stock else 'false' }} as is_stock,
        cast({{ "'" ~ dbt.escape_single_quotes(report.recency_note) ~ "'" if report.recency_note else 'null' }} as string) as recency_note,
        cast({{ newest.get(report.id, 'null') }} as date) as newest_date
    {{ 'union all' if not loop.last }}
    {%- else %}
    select 1 as report_id
    {%- endfor %}
)

select * from declared
