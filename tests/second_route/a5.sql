-- A5, rpt_time_to_assign: from creation to the first owner in the history.

with assigned as (
    select
        tickets.*,
        report_date_of(first_owners.assigned_at) as report_date,
        second_of(first_owners.assigned_at) - second_of(tickets.created_at)
            as time_to_assign_seconds
    from counted_tickets as tickets
    inner join (
        -- The history itself, because the time at which an owner in the ticket row was assigned is unknown.
        select ticket_id, min(cast(changed_at as timestamp)) as assigned_at
        from raw.ticket_field_history
        where
            field = 'agent'
            and value is not null
            and cast(changed_at as timestamp) <= getvariable('as_of')
        group by ticket_id
    ) as first_owners using (ticket_id)
)

select
    report_date,
    agent_key,
    team_key,
    channel_account_key,
    pipeline_key,
    company_key,
    count(*) as ticket_count,
    sum(time_to_assign_seconds) as time_to_assign_seconds,
    quantile_cont(time_to_assign_seconds, 0.5) as time_to_assign_seconds_median,
    quantile_cont(time_to_assign_seconds, 0.9) as time_to_assign_seconds_p90
from assigned
group by grouping sets (
    (report_date),
    (report_date, agent_key, team_key, channel_account_key, pipeline_key, company_key)
);
