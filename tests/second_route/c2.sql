-- C2, rpt_messages_received_by_hour: messages of customers by the hour and weekday of the report time zone.

select
    report_date_of(messages.sent_at) as report_date,
    hour(local_time(messages.sent_at)) as sent_hour,
    isodow(local_time(messages.sent_at)) as sent_weekday,
    agent_key,
    team_key,
    channel_account_key,
    pipeline_key,
    company_key,
    count(*) as messages_received_count,
    count(*) as row_count
from counted_tickets
inner join messages using (ticket_id)
where messages.is_customer_message
group by all;
