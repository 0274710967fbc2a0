with

clock as (

    {{ insight_clock() }}

),

listed as (
    {% for report in insight_reports() %}
    {{ report_days(report) }}
    {{ 'union all' if not loop.last }}
    {%- else %}
    select 1 as report_id
    {%- endfor %}
)

select * from listed
