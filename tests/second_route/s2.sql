-- S2, rpt_summary_availability: the status of each agent at as_of, and the agent's open tickets at as_of
-- and at the same time on the date before.

with intervals as (
    select
        agent_id,
        status,
        reason,
        cast(started_at as timestamp) as started_at,
        least(
            coalesce(cast(ended_at as timestamp), 'infinity'),
            lead(cast(started_at as timestamp), 1, 'infinity') over (
                partition by agent_id order by cast(started_at as timestamp)
            )
        ) as ended_at
    from raw.agent_availability
),

current_intervals as (
    select * from intervals
    where started_at <= getvariable('as_of') and ended_at > getvariable('as_of')
),

owned as (
    select
        owners.value as agent_id,
        count(*) filter (moments.moment = 'now') as now_count,
        count(*) filter (moments.moment = 'before') as before_count
    from moments
    inner join status_intervals as stays
        on
            moments.moment_at >= stays.entered_at
            and (stays.left_at is null or moments.moment_at < stays.left_at)
    inner join counted_tickets as tickets on stays.ticket_id = tickets.ticket_id
    inner join property_values as owners
        on
            tickets.ticket_id = owners.ticket_id
            and owners.field = 'agent'
            and moments.moment_at >= owners.valid_from
            and moments.moment_at < owners.valid_to
    where stays.state <> 'closed'
    group by owners.value
)

select
    key_of(agents.agent_id) as agent_key,
    key_of(agent_teams.team_id) as team_key,
    current_intervals.status,
    current_intervals.reason,
    current_intervals.started_at as since,
    cast(agents.capacity as bigint) as capacity,
    coalesce(owned.now_count, 0) >= cast(agents.capacity as bigint) as is_at_capacity,
    getvariable('as_of') as as_of,
    (select moment_at from moments where moment = 'before') as comparison_as_of,
    coalesce(owned.now_count, 0) as value,
    coalesce(owned.now_count, 0) as n,
    coalesce(owned.before_count, 0) as comparison_value,
    coalesce(owned.before_count, 0) as comparison_n
from raw.agents as agents
left join agent_teams using (agent_id)
left join current_intervals using (agent_id)
left join owned using (agent_id)
where coalesce(cast(agents.is_active as boolean), true);
