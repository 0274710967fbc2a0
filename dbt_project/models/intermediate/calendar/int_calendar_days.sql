with

intervals as (

    select * from {{ ref('int_calendar_intervals') }}

),

calendars as (

    select * from {{ ref('int_calendars') }}

),

dates as (

    select * from {{ ref('int_calendar_dates') }}

),

-- UTC days around the local dates, because a time zone can be a day off and a window can run past midnight.
days as (

    select distinct
        {{ whole_times(epoch_seconds('cast(dates.local_date as timestamp)'), 86400) }}
        + margins.days as day_number
    from dates
    cross join (values (-2), (0), (3)) as margins (days)

),

-- Around-the-clock windows merge into long intervals: each is cut at UTC midnights.
pieces as (

    select
        intervals.calendar_id,
        days.day_number,
        greatest(intervals.starts_at, days.day_number * 86400) as starts_at,
        least(intervals.ends_at, days.day_number * 86400 + 86400) as closes_at
    from intervals
    inner join days
        on
            days.day_number >= {{ whole_times('intervals.starts_at', 86400) }}
            and days.day_number <= {{ whole_times('(intervals.ends_at - 1)', 86400) }}

),

-- Every day starts with a row. It closes at once if the calendar is not open at midnight.
rows_of_days as (

    select * from pieces
    union all
    select
        calendars.calendar_id,
        days.day_number,
        days.day_number * 86400 as starts_at,
        days.day_number * 86400 as closes_at
    from calendars
    cross join days
    left join pieces
        on
            calendars.calendar_id = pieces.calendar_id
            and days.day_number = pieces.day_number
            and pieces.starts_at = days.day_number * 86400
    where pieces.calendar_id is null

),

accumulated as (

    select
        calendar_id,
        day_number,
        starts_at,
        closes_at,
        coalesce(
            lead(starts_at) over (partition by calendar_id, day_number order by starts_at),
            day_number * 86400 + 86400
        ) as ends_at,
        cast(
            sum(closes_at - starts_at) over (
                partition by calendar_id order by starts_at rows unbounded preceding
            ) - (closes_at - starts_at) as bigint
        ) as seconds_before
    from rows_of_days

)

select * from accumulated
