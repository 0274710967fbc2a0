-- S3, rpt_summary_sla: SLA clocks by status at as_of and at the same time on the date before; completed
-- clocks are those of the date. After sla_clocks.sql.

with metrics_and_states as (
    select
        unnest(['first_response', 'next_response', 'time_to_close']) as metric,
        states.state
    from (select unnest(['overdue', 'due_soon', 'active', 'paused', 'completed']) as state)
        as states
),

clock_states as (
    select
        clocks.moment,
        clocks.metric,
        if(clocks.ended_at is null, clocks.status, 'completed') as state
    from sla_clock_status as clocks
    inner join moments using (moment)
    semi join counted_tickets on clocks.ticket_id = counted_tickets.ticket_id
    where
        clocks.status <> 'cancelled'
        and (clocks.ended_at is null or clocks.ended_at >= moments.midnight_at)
)

select
    metric,
    state,
    getvariable('as_of') as as_of,
    (select moment_at from moments where moment = 'before') as comparison_as_of,
    count(*) filter (clock_states.moment = 'now') as value,
    count(*) filter (clock_states.moment = 'now') as n,
    count(*) filter (clock_states.moment = 'before') as comparison_value,
    count(*) filter (clock_states.moment = 'before') as comparison_n
from metrics_and_states
left join clock_states using (metric, state)
group by metric, state;
