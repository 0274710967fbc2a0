-- Written by hand, because no measure of the catalogue cuts intervals at midnights.
with

intervals as (

    select
        *,
        {{ epoch_seconds('started_at') }} as started_second,
        {{ epoch_seconds('started_at') }} + duration_seconds as ended_second
    from {{ ref('fct_agent_availability').include(database=false) }}
    where duration_seconds > 0

),

dates as (

    select
        date_day,
        {{ epoch_seconds(report_date_start('date_day')) }} as started_second,
        {{ epoch_seconds(report_date_start('date_day + interval 1 day')) }} as ended_second
    from {{ ref('dim_dates').include(database=false) }}

),

-- The part of each interval on each local date.
cut as (

    select
        dates.date_day as report_date,
        intervals.agent_key,
        intervals.team_key,
        intervals.status,
        least(intervals.ended_second, dates.ended_second)
        - greatest(intervals.started_second, dates.started_second) as duration_seconds
    from intervals
    inner join dates
        on
            intervals.started_second < dates.ended_second
            and intervals.ended_second > dates.started_second

),

summed as (

    select
        report_date,
        agent_key,
        team_key,
        status,
        cast(sum(duration_seconds) as bigint) as duration_seconds,
        cast(sum(case when status = 'available' then duration_seconds else 0 end) as bigint)
            as available_seconds
    from cut
    group by report_date, agent_key, team_key, status

)

select * from summed
