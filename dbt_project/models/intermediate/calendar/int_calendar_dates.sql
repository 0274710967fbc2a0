{{ config(materialized='view') }}

with

builds as (

    select * from {{ ref('stg_landing__builds') }}

),

events as (

    select earliest_at from {{ ref('int_ticket_earliest_events') }}

),

bounds as (

    select
        min(builds.as_of) as as_of,
        least(min(events.earliest_at), min(builds.as_of)) as earliest_at
    from builds
    cross join events

),

-- Two days before the year of the earliest event, because a window can run past midnight and a time zone can be ahead.
dates as (

    select
        {{ date_series(
            "cast(date_trunc('year', earliest_at) - interval 2 day as date)",
            "cast(date_trunc('year', as_of) + interval 4 year - interval 1 day as date)",
        ) }} as local_date
    from bounds

)

select
    local_date,
    cast({{ iso_weekday('local_date') }} as bigint) as weekday
from dates
