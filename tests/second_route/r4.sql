-- R4, rpt_time_in_status: stays in each status by the date they began; the ended ones apart.

with stays as (
    select
        tickets.*,
        -- Two pipelines may call their statuses alike.
        tickets.pipeline_key || ':' || spells.status_id as status_key,
        report_date_of(spells.entered_at) as report_date,
        -- Null while the stay lasts, which no sum and no percentile counts.
        second_of(spells.left_at) - second_of(spells.entered_at) as ended_duration_seconds,
        if(
            spells.left_at is not null,
            open_seconds(
                tickets.calendar, second_of(spells.entered_at), second_of(spells.left_at)
            ),
            null
        ) as ended_duration_business_seconds
    from counted_tickets as tickets
    inner join status_spells as spells using (ticket_id)
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
from stays
group by grouping sets (
    (report_date, status_key),
    (report_date, status_key, agent_key, team_key, channel_account_key, pipeline_key, company_key)
);
