with

opening_hours as (

    select * from {{ ref('int_opening_hours') }}

),

calendars as (

    select * from {{ ref('int_calendars') }}

),

-- Overlapping windows count once: what an earlier window already covers is cut off.
compared as (

    select
        *,
        max(ends_at) over (
            partition by calendar_id
            order by starts_at, ends_at
            rows between unbounded preceding and 1 preceding
        ) as covered_until
    from opening_hours

),

uncovered as (

    select
        calendar_id,
        timezone,
        local_date,
        greatest(starts_at, coalesce(covered_until, starts_at)) as starts_at,
        ends_at
    from compared
    where ends_at > coalesce(covered_until, starts_at)

),

-- Windows of one date that touch are one interval.
numbered as (

    select
        *,
        sum(case when starts_at = previous_ends_at then 0 else 1 end) over (
            partition by calendar_id, timezone, local_date
            order by starts_at
            rows unbounded preceding
        ) as interval_number
    from (
        select
            *,
            lag(ends_at) over (
                partition by calendar_id, timezone, local_date order by starts_at
            ) as previous_ends_at
        from uncovered
    ) as sequenced

),

merged as (

    select
        calendar_id,
        timezone,
        local_date,
        interval_number,
        min(starts_at) as starts_at,
        max(ends_at) as ends_at
    from numbered
    group by calendar_id, timezone, local_date, interval_number

),

located as (

    select
        merged.*,
        {{ instant_of_epoch('merged.starts_at') }} as opened_at,
        {{ instant_of_epoch('merged.ends_at') }} as closed_at
    from merged

),

keyed as (

    select
        {{ entity_key('calendars.schedule_id', 'calendars.source_system') }} as schedule_key,
        calendars.schedule_id,
        calendars.holidays_apply,
        located.timezone,
        located.local_date,
        located.opened_at,
        located.closed_at,
        {{ wall_of_instant('located.timezone', 'located.opened_at') }} as opened_at_local,
        {{ wall_of_instant('located.timezone', 'located.closed_at') }} as closed_at_local,
        located.ends_at - located.starts_at as open_seconds,
        calendars.source_system
    from located
    inner join calendars
        on located.calendar_id = calendars.calendar_id

)

select * from keyed
