-- S8, rpt_summary_hours: the team's figures at each full hour and at as_of's clock time, today, yesterday, and
-- as the median of the same weekday in the twelve weeks before.

with days as (
    select days_ago, report_date_of(getvariable('as_of')) - cast(days_ago as integer) as date_day
    from (select unnest([0, 1] || range(7, 85, 7)) as days_ago)
),

times as (
    select days_ago, date_day, 3600 * hour as clock_seconds, false as is_as_of,
        utc_time(cast(date_day as timestamp) + to_hours(hour)) as moment_at
    from days, (select unnest(range(0, 25)) as hour)
    union all
    select days_ago, date_day,
        second_of(local_time(getvariable('as_of'))) % 86400, true,
        utc_time(local_time(getvariable('as_of')) - to_days(cast(days_ago as integer)))
    from days
),

figures as (
    select *
    from times
    cross join (
        select
            unnest(['tickets_opened', 'tickets_open', 'tickets_closed', 'first_response_time',
                'time_to_close', 'csat']) as figure
    ) as named
    where moment_at <= getvariable('as_of')
),

happened as (
    select 'tickets_opened' as figure, created_at as happened_at, null as gone_at, 1 as amount
    from counted_tickets
    union all
    select 'tickets_closed', runs.closed_at, runs.reopened_at, 1
    from closed_runs as runs
    semi join counted_tickets on runs.ticket_id = counted_tickets.ticket_id
    union all
    select
        'time_to_close', runs.closed_at, runs.reopened_at,
        second_of(runs.closed_at) - second_of(tickets.created_at)
    from closed_runs as runs
    inner join counted_tickets as tickets on runs.ticket_id = tickets.ticket_id
    union all
    select
        'first_response_time', first_response_at, null,
        second_of(first_response_at) - second_of(started_at)
    from first_responses
    semi join counted_tickets on first_responses.ticket_id = counted_tickets.ticket_id
    union all
    select
        'csat', responses.responded_at, null,
        if(
            (responses.score - surveys.scale_min) * 4
            >= (surveys.scale_max - surveys.scale_min) * 3,
            100.0,
            0.0
        )
    from survey_responses as responses
    inner join surveys on responses.survey_id = surveys.survey_id and surveys.kind = 'csat'
    where responses.score is not null and not responses.is_excluded
),

open_counts as (
    select figures.days_ago, figures.clock_seconds, figures.is_as_of, count(*) as n
    from figures
    inner join status_intervals as intervals
        on
            intervals.state <> 'closed'
            and intervals.entered_at <= figures.moment_at
            and coalesce(intervals.left_at, 'infinity') > figures.moment_at
    semi join counted_tickets on intervals.ticket_id = counted_tickets.ticket_id
    where figures.figure = 'tickets_open'
    group by all
),

measured as (
    select
        figures.days_ago, figures.figure, figures.clock_seconds, figures.is_as_of, figures.date_day,
        case
            when figures.figure in ('tickets_opened', 'tickets_closed') then count(happened.amount)
            when figures.figure = 'tickets_open' then any_value(coalesce(open_counts.n, 0))
            else avg(happened.amount)
        end as value
    from figures
    left join happened
        on
            figures.figure = happened.figure
            and report_date_of(happened.happened_at) = figures.date_day
            and happened.happened_at <= figures.moment_at
            and coalesce(happened.gone_at, 'infinity') > figures.moment_at
    left join open_counts
        on
            figures.days_ago = open_counts.days_ago
            and figures.clock_seconds = open_counts.clock_seconds
            and figures.is_as_of = open_counts.is_as_of
    group by
        figures.days_ago, figures.figure, figures.clock_seconds, figures.is_as_of, figures.date_day
)

select
    figure,
    clock_seconds,
    is_as_of,
    getvariable('as_of') as as_of,
    max(value) filter (days_ago = 0) as value,
    max(value) filter (days_ago = 1) as comparison_value,
    if(count(value) filter (days_ago > 1) >= 6, median(value) filter (days_ago > 1), null)
        as usual_value,
    count(value) filter (days_ago > 1) as usual_n
from measured
where days_ago < 2
    or date_day >= (select report_date_of(min(created_at)) from counted_tickets)
group by all;
