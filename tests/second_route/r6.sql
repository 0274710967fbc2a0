-- R6, rpt_tickets_closed: tickets that are closed now, by the date of the last close.

select
    report_date_of(closed_at) as report_date,
    agent_key,
    team_key,
    channel_account_key,
    pipeline_key,
    company_key,
    count(*) as ticket_count
from closed_tickets
group by all;
