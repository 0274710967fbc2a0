with

builds as (

    select * from {{ ref('int_builds_current') }}

),

events as (

    select min(created_at) as earliest_at
    from {{ ref('int_tickets_resolved') }}
    union all
    select min(changed_at) as earliest_at
    from {{ ref('int_ticket_property_spells_built') }}
    union all
    select min(sent_at) as earliest_at
    from {{ ref('int_messages_ordered') }}

),

bounds as (

    select
        min(builds.as_of) as as_of,
        least(min(events.earliest_at), min(builds.as_of)) as earliest_at
    from builds
    cross join events

),

-- Two days before the year of the earliest event: a window may run past midnight, a zone lie ahead.
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
