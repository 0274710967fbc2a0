-- A4, rpt_ticket_volume: tickets by creation date, category, priority and channel.

select
    report_date_of(created_at) as report_date,
    category,
    priority,
    channel_key,
    agent_key,
    team_key,
    channel_account_key,
    pipeline_key,
    company_key,
    count(*) as ticket_count
from counted_tickets
group by all;
