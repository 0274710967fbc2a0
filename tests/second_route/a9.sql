-- A9, rpt_bot_interactions: tickets by creation date, with messages by bots.

with talks as (
    select
        ticket_id,
        count(*) filter (is_bot_message) as bot_messages,
        count(*) filter (is_agent_response) as agent_responses
    from messages
    group by ticket_id
)

select
    report_date_of(tickets.created_at) as report_date,
    tickets.agent_key,
    tickets.team_key,
    tickets.channel_account_key,
    tickets.pipeline_key,
    tickets.company_key,
    count(*) as ticket_count,
    count(*) filter (talks.bot_messages > 0) as bot_ticket_count,
    coalesce(sum(talks.bot_messages), 0) as bot_interaction_count,
    count(*) filter (
        closed.ticket_id is not null and talks.bot_messages > 0 and talks.agent_responses = 0
    ) as bot_only_closed_count
from counted_tickets as tickets
left join talks using (ticket_id)
left join closed_tickets as closed using (ticket_id)
group by all;
