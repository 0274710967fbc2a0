-- S1, rpt_summary_team: the team's day, at as_of and at the same time on the date before.

with opened as (
    select moments.moment, count(tickets.ticket_id) as n
    from moments
    left join counted_tickets as tickets
        on
            tickets.created_at >= moments.midnight_at
            and tickets.created_at <= moments.moment_at
    group by moments.moment
),

open as (
    select moments.moment, count(tickets.ticket_id) as n
    from moments
    left join status_intervals as intervals
        on
            intervals.state <> 'closed'
            and intervals.entered_at <= moments.moment_at
            and (intervals.left_at is null or intervals.left_at > moments.moment_at)
    left join counted_tickets as tickets on intervals.ticket_id = tickets.ticket_id
    group by moments.moment
),

closed as (
    select
        moments.moment,
        count(tickets.ticket_id) as n,
        avg(second_of(runs.closed_at) - second_of(tickets.created_at)) as mean_seconds
    from moments
    left join closed_runs as runs
        on
            runs.closed_at >= moments.midnight_at
            and runs.closed_at <= moments.moment_at
            and (runs.reopened_at is null or runs.reopened_at > moments.moment_at)
    left join counted_tickets as tickets on runs.ticket_id = tickets.ticket_id
    group by moments.moment
),

answered as (
    select
        moments.moment,
        count(tickets.ticket_id) as n,
        avg(second_of(firsts.first_response_at) - second_of(firsts.started_at))
            filter (where tickets.ticket_id is not null) as mean_seconds
    from moments
    left join first_responses as firsts
        on
            firsts.first_response_at >= moments.midnight_at
            and firsts.first_response_at <= moments.moment_at
    left join counted_tickets as tickets on firsts.ticket_id = tickets.ticket_id
    group by moments.moment
),

scored as (
    select
        moments.moment,
        count(surveys.kind) as n,
        -- Three quarters of the way to the best score: 4 of 1 to 5.
        100 * avg(
            if(
                (responses.score - surveys.scale_min) * 4
                >= (surveys.scale_max - surveys.scale_min) * 3,
                1.0,
                0.0
            )
        ) filter (surveys.kind is not null) as percent_positive
    from moments
    left join survey_responses as responses
        on
            responses.score is not null
            and not responses.is_excluded
            and responses.responded_at >= moments.midnight_at
            and responses.responded_at <= moments.moment_at
    left join surveys on responses.survey_id = surveys.survey_id and surveys.kind = 'csat'
    group by moments.moment
),

figures as (
    select moment, 'tickets_opened' as figure, n, cast(n as double) as value from opened
    union all
    select moment, 'tickets_open', n, n from open
    union all
    select moment, 'tickets_closed', n, n from closed
    union all
    select moment, 'first_response_time', n, mean_seconds from answered
    union all
    select moment, 'time_to_close', n, mean_seconds from closed
    union all
    select moment, 'csat', n, percent_positive from scored
)

select
    figure,
    getvariable('as_of') as as_of,
    (select moment_at from moments where moment = 'before') as comparison_as_of,
    sum(value) filter (moment = 'now') as value,
    sum(n) filter (moment = 'now') as n,
    sum(value) filter (moment = 'before') as comparison_value,
    sum(n) filter (moment = 'before') as comparison_n
from figures
group by figure;
