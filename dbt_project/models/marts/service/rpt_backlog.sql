with

backlog as (

    select * from {{ ref('fct_backlog_daily') }}

),

summed as (

    select
        backlog_date as report_date,
        {{ report_dimensions() }},
        cast(sum(open_ticket_count) as bigint) as open_ticket_count,
        cast(sum(age_seconds) as bigint) as age_seconds,
        cast(sum(age_under_1_day_count) as bigint) as age_under_1_day_count,
        cast(sum(age_1_to_3_days_count) as bigint) as age_1_to_3_days_count,
        cast(sum(age_3_to_7_days_count) as bigint) as age_3_to_7_days_count,
        cast(sum(age_7_to_30_days_count) as bigint) as age_7_to_30_days_count,
        cast(sum(age_over_30_days_count) as bigint) as age_over_30_days_count
    from backlog
    group by backlog_date, {{ report_dimensions() }}

)

select * from summed
