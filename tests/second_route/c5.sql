-- C5, rpt_first_response_by_agent: from creation to the first response, by the agent who responded.

with responders as (
    select
        firsts.ticket_id,
        arg_min(messages.author_id, messages.message_id) as author_id
    from first_responses as firsts
    inner join messages
        on
            firsts.ticket_id = messages.ticket_id
            and firsts.first_response_at = messages.sent_at
            and messages.is_agent_response
    group by firsts.ticket_id
),

answered as (
    select
        tickets.*,
        key_of(responders.author_id) as first_responder_key,
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
    inner join responders using (ticket_id)
)

select
    report_date,
    first_responder_key,
    agent_key,
    team_key,
    channel_account_key,
    pipeline_key,
    company_key,
    count(*) as tickets_answered_count,
    count(*) as row_count,
    sum(first_response_seconds) as first_response_seconds,
    quantile_cont(first_response_seconds, 0.5) as first_response_seconds_median,
    quantile_cont(first_response_seconds, 0.9) as first_response_seconds_p90,
    sum(first_response_business_seconds) as first_response_business_seconds,
    quantile_cont(first_response_business_seconds, 0.5) as first_response_business_seconds_median,
    quantile_cont(first_response_business_seconds, 0.9) as first_response_business_seconds_p90
from answered
group by grouping sets (
    (report_date, first_responder_key),
    (report_date, first_responder_key, agent_key, team_key, channel_account_key, pipeline_key, company_key)
);
