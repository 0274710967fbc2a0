{{ config(materialized='view') }}

with

days as (

    select * from {{ ref('int_calendar_days') }}
    where closes_at > starts_at

),

-- A part is at most a day long, so it touches at most two buckets of a day's worth of open seconds.
bucketed as (

    select
        calendar_id,
        {{ whole_times('seconds_before', 86400) }} as bucket,
        starts_at,
        seconds_before,
        seconds_before + closes_at - starts_at as seconds_after
    from days
    union all
    select
        calendar_id,
        {{ whole_times('(seconds_before + closes_at - starts_at - 1)', 86400) }} as bucket,
        starts_at,
        seconds_before,
        seconds_before + closes_at - starts_at as seconds_after
    from days
    where
        {{ whole_times('seconds_before', 86400) }}
        <> {{ whole_times('(seconds_before + closes_at - starts_at - 1)', 86400) }}

)

select * from bucketed
