{{ config(materialized='table') }}

with

spells as (

    select
        *,
        {{ epoch_seconds('started_at') }} as started_second,
        {{ epoch_seconds('started_at') }} + duration_seconds as ended_second
    from {{ ref('fct_agent_availability') }}
    where duration_seconds > 0

),

dates as (

    select
        date_day,
        {{ epoch_seconds(report_date_start('date_day')) }} as started_second,
        {{ epoch_seconds(report_date_start('date_day + interval 1 day')) }} as ended_second
    from {{ ref('dim_dates') }}

),

-- A spell's share of each local day that it touches.
cut as (

    select
        dates.date_day as report_date,
        spells.agent_key,
        spells.team_key,
        spells.status,
        least(spells.ended_second, dates.ended_second)
        - greatest(spells.started_second, dates.started_second) as duration_seconds
    from spells
    inner join dates
        on
            spells.started_second < dates.ended_second
            and spells.ended_second > dates.started_second

),

summed as (

    select
        report_date,
        agent_key,
        team_key,
        status,
        cast(sum(duration_seconds) as bigint) as duration_seconds
    from cut
    group by report_date, agent_key, team_key, status

)

select * from summed
