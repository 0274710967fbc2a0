-- Business time, for the reports that count it as well as calendar time. After common.sql.

-- Openings of each schedule, less its holidays and with them, in seconds since 1970. A window
-- belongs to the date on which it opens; a holiday closes its own local day, and of a window past
-- midnight the part that falls on it.

create temp table openings as
with dates as (
    select cast(unnest(generate_series(
        (select min(created_at) from tickets) - interval 3 day,
        getvariable('as_of') + interval 3 year,
        interval 1 day
    )) as date) as local_date
),

hours as (
    select
        schedule_id,
        timezone,
        coalesce(cast(valid_from as date), '-infinity') as valid_from,
        cast(weekday as integer) as weekday,
        cast(start_minute as integer) as start_minute,
        cast(end_minute as integer) as end_minute
    from raw.business_hours
),

parts as (
    select
        hours.schedule_id,
        hours.timezone,
        dates.local_date as opening_date,
        dates.local_date + day_number as local_date,
        greatest(hours.start_minute, 1440 * day_number) as start_minute,
        least(hours.end_minute, 1440 * day_number + 1440) as end_minute
    from dates
    inner join hours on isodow(dates.local_date) = hours.weekday
    cross join (values (0), (1)) as days (day_number)
    -- The latest version that has begun replaces the whole schedule.
    where hours.valid_from = (
        select max(versions.valid_from)
        from hours as versions
        where
            versions.schedule_id = hours.schedule_id
            and versions.valid_from <= dates.local_date
    )
),

calendars as (
    select schedule_id || ' less holidays' as calendar, *
    from parts
    where not exists (
        select 1
        from raw.holidays as holidays
        where
            holidays.schedule_id = parts.schedule_id
            and parts.local_date >= cast(holidays.start_date as date)
            and parts.local_date
            <= cast(coalesce(holidays.end_date, holidays.start_date) as date)
    )
    union all
    select schedule_id as calendar, *
    from parts
),

intervals as (
    select
        calendar,
        second_of(timezone(timezone, opening_date + to_minutes(start_minute))) as opens,
        second_of(timezone(timezone, opening_date + to_minutes(end_minute))) as closes
    from calendars
    where start_minute < end_minute
)

select
    calendar,
    opens,
    closes,
    cast(coalesce(sum(closes - opens) over (
        partition by calendar order by opens rows between unbounded preceding and 1 preceding
    ), 0) as bigint) as seconds_before
from intervals;

-- Open seconds between two: the sum of what the openings share with the time between them.
-- Without a calendar it is always open.
create temp macro open_seconds(open_calendar, from_second, to_second) as
if(
    open_calendar is null,
    to_second - from_second,
    coalesce((
        select cast(
            sum(least(closes, to_second) - greatest(opens, from_second)) as bigint
        )
        from openings
        where calendar = open_calendar and opens < to_second and closes > from_second
    ), 0)
);

-- The earliest second by which so many open seconds have passed since another.
create temp macro second_after(open_calendar, from_second, needed) as
if(
    open_calendar is null,
    from_second + needed,
    (
        select max(opens + open_seconds(open_calendar, 0, from_second) + needed - seconds_before)
        from openings
        where
            calendar = open_calendar
            and seconds_before < open_seconds(open_calendar, 0, from_second) + needed
    )
);
