-- C1, rpt_messages_sent_by_hour: messages of agents by the hour and weekday of the report time zone.

select
    report_date_of(messages.sent_at) as report_date,
    hour(local_time(messages.sent_at)) as sent_hour,
    isodow(local_time(messages.sent_at)) as sent_weekday,
    agent_key,
    team_key,
    channel_account_key,
    pipeline_key,
    company_key,
    count(*) as messages_sent_count,
    count(*) as row_count
from counted_tickets
inner join messages using (ticket_id)
where messages.is_agent_response
group by all;
