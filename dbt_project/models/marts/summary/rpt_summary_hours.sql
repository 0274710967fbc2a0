{#- 0 is today, 1 yesterday; the others are the earlier dates of the same weekday. -#}
{%- set weeks = insight_rules().history_weeks -%}
{%- set days = [0, 1] + range(7, 7 * weeks + 1, 7) | list -%}
with

tickets as (

    select * from {{ ref('fct_tickets').include(database=false) }}
    where not is_excluded

),

clock as (

    select
        compared_at as as_of,
        {{ epoch_seconds(wall_of_instant("'" ~ var('report_timezone') ~ "'", 'compared_at')) }} % 86400
            as clock_seconds
    from {{ ref('dim_comparison_times').include(database=false) }}
    where comparison_time = 'as_of'

),

dates as (

    {%- for days_ago in days %}
    select
        {{ days_ago }} as days_ago,
        {{ 'as_of' if days_ago == 0 else day_before('as_of', days_ago) }} as reached_at,
        {{ report_date('as_of' if days_ago == 0 else day_before('as_of', days_ago)) }} as date_day
    from clock
    {{ 'union all' if not loop.last }}
    {%- endfor %}

),

hours as (

    select listed.hour
    from (
        values
        {% for hour in range(25) -%}
        ({{ hour }}){{ ',' if not loop.last }}
        {% endfor -%}
    ) as listed (hour)

),

-- A date begins and ends with its first and last instant, also where the clock shows midnight twice or never.
times as (

    select
        dates.days_ago,
        dates.date_day as compared_date,
        cast(3600 * hours.hour as bigint) as clock_seconds,
        false as is_as_of,
        case hours.hour
            when 0 then {{ report_date_start('dates.date_day') }}
            when 24 then {{ report_date_start(days_later('dates.date_day', 1)) }}
            else {{ report_hour_start('dates.date_day', 'hours.hour') }}
        end as compared_at
    from dates
    cross join hours
    union all
    select
        dates.days_ago,
        dates.date_day as compared_date,
        cast(clock.clock_seconds as bigint) as clock_seconds,
        true as is_as_of,
        dates.reached_at as compared_at
    from dates
    cross join clock

),

day_ranges as (

    select
        days_ago,
        min(compared_at) as starts_at,
        max(compared_at) as ends_at
    from times
    group by days_ago

),

-- The rest of today has no figures yet.
passed as (

    select
        *,
        row_number() over (order by days_ago, clock_seconds, is_as_of) as comparison_time
    from times
    where compared_at <= (select clock.as_of from clock)

),

figures as (

    {{ summary_team_figures() }}

),

events as (

    {{ summary_team_events('passed', has_open=false) }}

),

-- Open tickets are those at the start of a date and the changes since: a join of every time with every interval
-- would take ten times as long.
intervals as (

    select
        started_at,
        coalesce(ended_at, {{ end_of_time() }}) as ended_at
    from {{ ref('fct_ticket_open_intervals').include(database=false) }}
    where
        not is_excluded
        and (ended_at is null or ended_at > (select min(day_ranges.starts_at) from day_ranges))

),

open_at_start as (

    select
        day_ranges.days_ago,
        count(*) as ticket_count
    from day_ranges
    inner join intervals
        on
            day_ranges.starts_at >= intervals.started_at
            and day_ranges.starts_at < intervals.ended_at
    group by day_ranges.days_ago

),

changes as (

    select
        started_at as changed_at,
        1 as amount
    from intervals
    union all
    select
        ended_at as changed_at,
        -1 as amount
    from intervals

),

changes_of_dates as (

    select
        day_ranges.days_ago,
        changes.changed_at,
        changes.amount
    from changes
    inner join day_ranges
        on
            changes.changed_at > day_ranges.starts_at
            and changes.changed_at <= day_ranges.ends_at

),

open_tickets as (

    select
        passed.comparison_time,
        coalesce(max(open_at_start.ticket_count), 0) + coalesce(sum(changes_of_dates.amount), 0) as ticket_count
    from passed
    left join open_at_start
        on passed.days_ago = open_at_start.days_ago
    left join changes_of_dates
        on
            passed.days_ago = changes_of_dates.days_ago
            and passed.compared_at >= changes_of_dates.changed_at
    group by passed.comparison_time

),

summed as (

    select
        comparison_time,
        figure,
        cast(sum(amount) as double) as total,
        count(amount) as n
    from events
    group by comparison_time, figure
    union all
    select
        comparison_time,
        'tickets_open' as figure,
        cast(ticket_count as double) as total,
        cast(ticket_count as bigint) as n
    from open_tickets

),

-- The date of the first ticket. Before it there is nothing to compare with.
first_dates as (

    select min(created_date) as first_date from tickets

),

measured as (

    select
        figures.figure,
        figures.position,
        figures.unit,
        passed.days_ago,
        passed.clock_seconds,
        passed.is_as_of,
        case
            when figures.unit = 'count' then coalesce(summed.total, 0)
            else summed.total / nullif(summed.n, 0)
        end as value,
        passed.days_ago > 1 and passed.compared_date >= first_dates.first_date as is_usual
    from figures
    cross join passed
    cross join first_dates
    left join summed
        on
            figures.figure = summed.figure
            and passed.comparison_time = summed.comparison_time

),

compared as (

    select
        figure,
        position,
        unit,
        clock_seconds,
        is_as_of,
        max(case when days_ago = 0 then value end) as value,
        max(case when days_ago = 1 then value end) as comparison_value,
        median(case when is_usual then value end) as median_value,
        count(case when is_usual then value end) as usual_n
    from measured
    group by figure, position, unit, clock_seconds, is_as_of

)

select
    compared.figure,
    cast(compared.position as bigint) as position,
    compared.unit,
    compared.clock_seconds,
    compared.is_as_of,
    compared.value,
    compared.comparison_value,
    case when compared.usual_n >= {{ insight_rules().least_points }} then compared.median_value end
        as usual_value,
    compared.usual_n,
    clock.as_of
from compared
cross join clock
