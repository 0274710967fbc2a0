-- calls, rpt_calls: calls by the date they started, with the dimensions of the agent and the ticket.

with calls as (
    select
        ticket_id,
        agent_id,
        cast(started_at as timestamp) as started_at,
        outcome = 'completed' as is_completed,
        direction in ('inbound', 'incoming') and outcome in ('missed', 'no_answer', 'busy')
            as is_missed,
        cast(duration_seconds as bigint) as seconds
    from raw.calls
    where cast(started_at as timestamp) <= getvariable('as_of')
)

select
    report_date_of(calls.started_at) as report_date,
    key_of(calls.agent_id) as agent_key,
    key_of(agent_teams.team_id) as team_key,
    key_of(tickets.channel_account_id) as channel_account_key,
    key_of(tickets.pipeline_id) as pipeline_key,
    key_of(tickets.company_id) as company_key,
    count(*) as call_count,
    count(*) filter (calls.is_completed) as completed_count,
    count(*) filter (calls.is_missed) as missed_count,
    coalesce(sum(calls.seconds) filter (calls.is_completed), 0) as completed_duration_seconds,
    quantile_cont(calls.seconds, 0.5) filter (calls.is_completed)
        as completed_duration_seconds_median,
    quantile_cont(calls.seconds, 0.9) filter (calls.is_completed) as completed_duration_seconds_p90,
    count(calls.seconds) filter (calls.is_completed) as completed_with_duration_count
from calls
left join agent_teams using (agent_id)
-- Excluded tickets too: somebody was on the phone.
left join tickets on calls.ticket_id = tickets.ticket_id
group by grouping sets (
    (report_date),
    (report_date, agent_key, team_key, channel_account_key, pipeline_key, company_key)
);
