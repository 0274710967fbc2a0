-- A3, rpt_agent_replies: agent responses by the date they were sent, whether anybody waited or not.

select
    report_date_of(messages.sent_at) as report_date,
    key_of(messages.author_id) as responding_agent_key,
    agent_key,
    team_key,
    channel_account_key,
    pipeline_key,
    company_key,
    count(*) as reply_count
from counted_tickets
inner join messages using (ticket_id)
where messages.is_agent_response
group by all;
