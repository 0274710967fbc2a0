-- C3, rpt_response_time_by_agent: waits that a response ended, by the agent who responded.

with responses as (
    select
        tickets.*,
        key_of(cycles.agent_id) as responding_agent_key,
        report_date_of(cycles.ended_at) as report_date,
        second_of(cycles.ended_at) - second_of(cycles.waiting_since) as response_time_seconds,
        open_seconds(
            tickets.calendar, second_of(cycles.waiting_since), second_of(cycles.ended_at)
        ) as response_time_business_seconds
    from counted_tickets as tickets
    inner join response_cycles as cycles using (ticket_id)
    where cycles.outcome = 'responded'
)

select
    report_date,
    responding_agent_key,
    agent_key,
    team_key,
    channel_account_key,
    pipeline_key,
    company_key,
    count(*) as responses_count,
    count(*) as row_count,
    sum(response_time_seconds) as response_time_seconds,
    quantile_cont(response_time_seconds, 0.5) as response_time_seconds_median,
    quantile_cont(response_time_seconds, 0.9) as response_time_seconds_p90,
    sum(response_time_business_seconds) as response_time_business_seconds,
    quantile_cont(response_time_business_seconds, 0.5) as response_time_business_seconds_median,
    quantile_cont(response_time_business_seconds, 0.9) as response_time_business_seconds_p90
from responses
group by grouping sets (
    (report_date, responding_agent_key),
    (
        report_date,
        responding_agent_key,
        agent_key,
        team_key,
        channel_account_key,
        pipeline_key,
        company_key
    )
);
