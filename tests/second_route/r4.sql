-- R4, rpt_time_in_status: intervals of open statuses by the date of their start; ended ones also separately.

with all_intervals as (
    select
        tickets.*,
        -- Two pipelines can have statuses with one id.
        tickets.pipeline_key || ':' || intervals.status_id as status_key,
        -- Without history only the creation of the ticket is known.
        report_date_of(if(intervals.is_reported, tickets.created_at, intervals.entered_at)) as report_date,
        -- Null while the interval lasts, so that sums and percentiles leave it out.
        second_of(intervals.left_at) - second_of(intervals.entered_at) as ended_duration_seconds,
        if(
            intervals.left_at is not null,
            open_seconds(
                tickets.calendar, second_of(intervals.entered_at), second_of(intervals.left_at)
            ),
            null
        ) as ended_duration_business_seconds
    from counted_tickets as tickets
    inner join status_intervals as intervals using (ticket_id)
    where intervals.status_id <> '(not known)' and intervals.state <> 'closed'
)

select
    report_date,
    status_key,
    agent_key,
    team_key,
    channel_account_key,
    pipeline_key,
    company_key,
    count(*) as spell_count,
    count(ended_duration_seconds) as ended_spell_count,
    coalesce(sum(ended_duration_seconds), 0) as ended_duration_seconds,
    quantile_cont(ended_duration_seconds, 0.5) as ended_duration_seconds_median,
    quantile_cont(ended_duration_seconds, 0.9) as ended_duration_seconds_p90,
    coalesce(sum(ended_duration_business_seconds), 0) as ended_duration_business_seconds,
    quantile_cont(ended_duration_business_seconds, 0.5) as ended_duration_business_seconds_median,
    quantile_cont(ended_duration_business_seconds, 0.9) as ended_duration_business_seconds_p90
from all_intervals
group by grouping sets (
    (report_date, status_key),
    (report_date, status_key, agent_key, team_key, channel_account_key, pipeline_key, company_key)
);
