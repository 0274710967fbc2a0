with

calendars as (

    select * from {{ ref('int_calendars') }}

),

dates as (

    select * from {{ ref('int_calendar_dates') }}

),

windows as (

    select * from {{ ref('int_business_hours_valid') }}

),

holidays as (

    select * from {{ ref('int_holidays_valid') }}

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

-- A window belongs to the date on which it opens, with the weekday and the schedule version of that date.
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

-- Windows are cut at local midnights, because holidays are whole local dates.
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

-- Both ends are local times by the time zone's rules of that date. A part never leaves its local date.
located as (

    select
        source_system,
        schedule_id,
        timezone,
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
        located.timezone,
        located.local_date,
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

)

select * from of_calendars
