with

calendars as (

    select * from {{ ref('int_calendars_numbered') }}

),

dates as (

    select * from {{ ref('int_calendar_dates_bounded') }}

),

windows as (

    select * from {{ ref('int_business_hours_unioned') }}

),

holidays as (

    select * from {{ ref('int_holidays_unioned') }}

),

version_starts as (

    select distinct
        source_system,
        schedule_id,
        valid_from
    from windows

),

versions as (

    select
        source_system,
        schedule_id,
        valid_from,
        lead(valid_from) over (
            partition by source_system, schedule_id order by valid_from nulls first
        ) as valid_to
    from version_starts

),

-- A window belongs to the date on which it opens: its weekday and its schedule version decide.
openings as (

    select
        windows.source_system,
        windows.schedule_id,
        windows.timezone,
        windows.start_minute,
        windows.end_minute,
        dates.local_date as opening_date
    from windows
    inner join versions
        on
            windows.source_system = versions.source_system
            and windows.schedule_id = versions.schedule_id
            and windows.valid_from is not distinct from versions.valid_from
    inner join dates
        on
            windows.weekday = dates.weekday
            and (versions.valid_from is null or dates.local_date >= versions.valid_from)
            and (versions.valid_to is null or dates.local_date < versions.valid_to)

),

day_offsets as (

    select 0 as days_on
    union all
    select 1 as days_on
    union all
    select 2 as days_on

),

-- Cut at local midnights, for holidays are whole local days.
parts as (

    select
        openings.source_system,
        openings.schedule_id,
        openings.timezone,
        openings.opening_date,
        cast(openings.opening_date + day_offsets.days_on as date) as local_date,
        greatest(openings.start_minute, day_offsets.days_on * 1440) as start_minute,
        least(openings.end_minute, day_offsets.days_on * 1440 + 1440) as end_minute
    from openings
    inner join day_offsets
        on
            openings.end_minute > day_offsets.days_on * 1440
            and openings.start_minute < day_offsets.days_on * 1440 + 1440

),

-- Both ends are wall times of the zone's rules on that date; a part never leaves its local day.
located as (

    select
        source_system,
        schedule_id,
        local_date,
        greatest(
            {{ wall_epoch_seconds('timezone', 'opening_date', 'start_minute') }},
            {{ wall_epoch_seconds('timezone', 'local_date', '0') }}
        ) as starts_at,
        least(
            {{ wall_epoch_seconds('timezone', 'opening_date', 'end_minute') }},
            {{ wall_epoch_seconds('timezone', 'local_date', '1440') }}
        ) as ends_at
    from parts

),

of_calendars as (

    select
        calendars.calendar_id,
        located.starts_at,
        located.ends_at
    from located
    inner join calendars
        on
            located.source_system = calendars.source_system
            and located.schedule_id = calendars.schedule_id
    left join holidays
        on
            case when calendars.holidays_apply then located.source_system end
            = holidays.source_system
            and located.schedule_id = holidays.schedule_id
            and located.local_date >= holidays.start_date
            and located.local_date <= coalesce(holidays.end_date, holidays.start_date)
    where located.starts_at < located.ends_at and holidays.schedule_id is null

),

compared as (

    select
        *,
        max(ends_at) over (
            partition by calendar_id
            order by starts_at, ends_at
            rows between unbounded preceding and 1 preceding
        ) as open_until
    from of_calendars

),

-- Overlapping windows count once: a new interval begins where nothing before it is still open.
grouped as (

    select
        *,
        sum(case when open_until >= starts_at then 0 else 1 end) over (
            partition by calendar_id order by starts_at, ends_at rows unbounded preceding
        ) as interval_number
    from compared

),

merged as (

    select
        calendar_id,
        min(starts_at) as starts_at,
        max(ends_at) as ends_at
    from grouped
    group by calendar_id, interval_number

)

select * from merged
