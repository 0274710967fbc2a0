-- C4, rpt_customer_wait_by_company: waits by the date they ended, with a response or with the ticket.

with waits as (
    select
        tickets.*,
        report_date_of(cycles.ended_at) as report_date,
        second_of(cycles.ended_at) - second_of(cycles.waiting_since) as customer_wait_seconds,
        open_seconds(
            tickets.calendar, second_of(cycles.waiting_since), second_of(cycles.ended_at)
        ) as customer_wait_business_seconds
    from counted_tickets as tickets
    inner join response_cycles as cycles using (ticket_id)
    where cycles.outcome in ('responded', 'closed')
)

select
    report_date,
    agent_key,
    team_key,
    channel_account_key,
    pipeline_key,
    company_key,
    count(*) as waits_ended_count,
    count(*) as row_count,
    sum(customer_wait_seconds) as customer_wait_seconds,
    quantile_cont(customer_wait_seconds, 0.5) as customer_wait_seconds_median,
    quantile_cont(customer_wait_seconds, 0.9) as customer_wait_seconds_p90,
    sum(customer_wait_business_seconds) as customer_wait_business_seconds,
    quantile_cont(customer_wait_business_seconds, 0.5) as customer_wait_business_seconds_median,
    quantile_cont(customer_wait_business_seconds, 0.9) as customer_wait_business_seconds_p90
from waits
group by grouping sets (
    (report_date),
    (report_date, agent_key, team_key, channel_account_key, pipeline_key, company_key)
);
