-- S7, rpt_summary_ages: the tickets open at as_of and at the same time on the date before, by their age then.

with seen as (
    select
        moments.moment,
        moments.moment_second - second_of(tickets.created_at) as age_seconds
    from moments
    inner join status_intervals as intervals
        on
            intervals.state <> 'closed'
            and intervals.entered_at <= moments.moment_at
            and coalesce(intervals.left_at, 'infinity') > moments.moment_at
    inner join counted_tickets as tickets on intervals.ticket_id = tickets.ticket_id
),

ages as (
    select
        unnest(['age_under_1_day', 'age_1_to_3_days', 'age_3_to_7_days', 'age_7_to_30_days',
            'age_over_30_days']) as age,
        unnest([0, 1, 3, 7, 30]) * 86400 as first_second,
        unnest([1, 3, 7, 30, 20000]) * 86400 as end_second
)

select
    ages.age,
    getvariable('as_of') as as_of,
    (select moment_at from moments where moment = 'before') as comparison_as_of,
    count(*) filter (seen.moment = 'now') as value,
    count(*) filter (seen.moment = 'now') as n,
    count(*) filter (seen.moment = 'before') as comparison_value,
    count(*) filter (seen.moment = 'before') as comparison_n
from ages
left join seen on seen.age_seconds >= ages.first_second and seen.age_seconds < ages.end_second
group by ages.age;
