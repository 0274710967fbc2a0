-- A view, because a filter on dates or intervals then limits the range join.
{{ config(materialized='view') }}

with

comparison_times as (

    select * from {{ ref('dim_comparison_times').include(database=false) }}
    where comparison_time = 'as_of'

),

dates as (

    select
        dates.date_day,
        -- The date of as_of ends at as_of.
        case
            when dates.date_day < comparison_times.compared_date
                then {{ report_date_start('dates.date_day + interval 1 day') }}
            else comparison_times.compared_at
        end as ended_at
    from {{ ref('dim_dates').include(database=false) }} as dates
    cross join comparison_times
    where dates.date_day <= comparison_times.compared_date

),

-- An interval is in the backlog of every date that ends in it.
intervals as (

    select
        *,
        {{ report_date('started_at') }} as first_date,
        case when is_current then date '9999-12-31' else {{ report_date('ended_at') }} end
            as gone_date{{ own_filter_columns(joined=true) }}
    from {{ ref('fct_ticket_open_intervals').include(database=false) }}{{ own_filter_join() }}
    where not is_excluded

),

aged as (

    select
        dates.date_day as backlog_date,
        intervals.priority,
        {{ report_dimensions('intervals') }}{{ own_filter_columns('intervals') }},
        {{ seconds_between('intervals.created_at', 'dates.ended_at') }} as age_seconds
    from intervals
    inner join dates
        on
            intervals.first_date <= dates.date_day
            and intervals.gone_date > dates.date_day

),

counted as (

    select
        backlog_date,
        priority,
        {{ report_dimensions() }}{{ own_filter_columns() }},
        count(*) as open_ticket_count,
        cast(sum(age_seconds) as bigint) as age_seconds,
        count(case when age_seconds < 86400 then 1 end) as age_under_1_day_count,
        count(case when age_seconds >= 86400 and age_seconds < 259200 then 1 end)
            as age_1_to_3_days_count,
        count(case when age_seconds >= 259200 and age_seconds < 604800 then 1 end)
            as age_3_to_7_days_count,
        count(case when age_seconds >= 604800 and age_seconds < 2592000 then 1 end)
            as age_7_to_30_days_count,
        count(case when age_seconds >= 2592000 then 1 end) as age_over_30_days_count
    from aged
    group by backlog_date, priority, {{ report_dimensions() }}{{ own_filter_columns() }}

)

select * from counted
