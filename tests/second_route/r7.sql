-- R7, rpt_time_to_close: from creation to the last close, of tickets that are closed now.

with closed as (
    select
        *,
        report_date_of(closed_at) as report_date,
        second_of(closed_at) - second_of(created_at) as time_to_close_seconds,
        open_seconds(calendar, second_of(created_at), second_of(closed_at))
            as time_to_close_business_seconds
    from closed_tickets
)

select
    report_date,
    agent_key,
    team_key,
    channel_account_key,
    pipeline_key,
    company_key,
    count(*) as ticket_count,
    sum(time_to_close_seconds) as time_to_close_seconds,
    quantile_cont(time_to_close_seconds, 0.5) as time_to_close_seconds_median,
    quantile_cont(time_to_close_seconds, 0.9) as time_to_close_seconds_p90,
    sum(time_to_close_business_seconds) as time_to_close_business_seconds,
    quantile_cont(time_to_close_business_seconds, 0.5) as time_to_close_business_seconds_median,
    quantile_cont(time_to_close_business_seconds, 0.9) as time_to_close_business_seconds_p90
from closed
group by grouping sets (
    (report_date),
    (report_date, agent_key, team_key, channel_account_key, pipeline_key, company_key)
);
