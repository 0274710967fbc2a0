-- S5, rpt_summary_calls: the day's calls, at as_of and at the same time on the date before.

with calls as (
    select
        moments.moment,
        calls.outcome = 'completed' as is_completed,
        calls.direction in ('inbound', 'incoming')
        and calls.outcome in ('missed', 'no_answer', 'busy') as is_missed,
        cast(calls.duration_seconds as bigint) as seconds
    from raw.calls as calls
    inner join moments
        on
            cast(calls.started_at as timestamp) >= moments.midnight_at
            and cast(calls.started_at as timestamp) <= moments.moment_at
),

figures as (
    select
        moments.moment,
        count(*) filter (calls.is_completed) as completed,
        count(calls.seconds) filter (calls.is_completed) as timed,
        coalesce(sum(calls.seconds) filter (calls.is_completed), 0) as seconds,
        count(*) filter (calls.is_missed) as missed
    from moments
    left join calls using (moment)
    group by moments.moment
),

tall as (
    select
        moment,
        unnest(['completed_calls', 'total_call_duration', 'missed_calls']) as figure,
        unnest([completed, seconds, missed]) as value,
        unnest([completed, timed, missed]) as n
    from figures
)

select
    figure,
    getvariable('as_of') as as_of,
    (select moment_at from moments where moment = 'before') as comparison_as_of,
    sum(value) filter (moment = 'now') as value,
    sum(n) filter (moment = 'now') as n,
    sum(value) filter (moment = 'before') as comparison_value,
    sum(n) filter (moment = 'before') as comparison_n
from tall
group by figure;
