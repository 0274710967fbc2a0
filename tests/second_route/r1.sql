-- R1, rpt_tickets_created: tickets by the date they were created.

select
    report_date_of(created_at) as report_date,
    agent_key,
    team_key,
    channel_account_key,
    pipeline_key,
    company_key,
    count(*) as ticket_count
from counted_tickets
group by all;
