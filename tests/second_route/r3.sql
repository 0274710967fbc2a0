-- R3, rpt_first_response_time: from creation to the first response, by the date of the response.

with answered as (
    select
        tickets.*,
        report_date_of(first_responses.first_response_at) as report_date,
        second_of(first_responses.first_response_at) - second_of(first_responses.started_at)
            as first_response_seconds,
        open_seconds(
            tickets.calendar,
            second_of(first_responses.started_at),
            second_of(first_responses.first_response_at)
        ) as first_response_business_seconds
    from counted_tickets as tickets
    inner join first_responses using (ticket_id)
)

select
    report_date,
    agent_key,
    team_key,
    channel_account_key,
    pipeline_key,
    company_key,
    count(*) as ticket_count,
    sum(first_response_seconds) as first_response_seconds,
    quantile_cont(first_response_seconds, 0.5) as first_response_seconds_median,
    quantile_cont(first_response_seconds, 0.9) as first_response_seconds_p90,
    sum(first_response_business_seconds) as first_response_business_seconds,
    quantile_cont(first_response_business_seconds, 0.5) as first_response_business_seconds_median,
    quantile_cont(first_response_business_seconds, 0.9) as first_response_business_seconds_p90
from answered
group by grouping sets (
    (report_date),
    (report_date, agent_key, team_key, channel_account_key, pipeline_key, company_key)
);
