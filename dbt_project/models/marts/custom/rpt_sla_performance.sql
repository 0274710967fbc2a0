with

sla_clocks as (

    select
        ticket_key,
        due_date as report_date,
        metric as sla_metric,
        case when status = 'completed_on_time' then 1 end as sla_on_time_count,
        case when status in ('completed_on_time', 'completed_late', 'overdue') then 1 end
            as sla_measured_count,
        case when status = 'completed_late' then 1 end as sla_late_count,
        case when status = 'overdue' then 1 end as sla_overdue_count
    from {{ ref('fct_sla_clocks') }}
    where
        not is_excluded
        and due_date is not null

),

tickets as (

    select
        ticket_key,
        agent_key,
        team_key,
        channel_account_key,
        pipeline_key,
        company_key,
        priority
    from {{ ref('fct_tickets') }}

),

counted as (

    select
        sla_clocks.report_date,
        sla_clocks.sla_metric,
        tickets.priority,
        tickets.agent_key,
        tickets.team_key,
        tickets.channel_account_key,
        tickets.pipeline_key,
        tickets.company_key,
        count(*) as row_count,
        count(sla_clocks.sla_on_time_count) as sla_on_time_count,
        count(sla_clocks.sla_measured_count) as sla_measured_count,
        count(sla_clocks.sla_late_count) as sla_late_count,
        count(sla_clocks.sla_overdue_count) as sla_overdue_count
    from sla_clocks
    left join tickets
        on sla_clocks.ticket_key = tickets.ticket_key
    where
        (
            sla_clocks.sla_on_time_count is not null
            or sla_clocks.sla_measured_count is not null
            or sla_clocks.sla_late_count is not null
            or sla_clocks.sla_overdue_count is not null
        )
    group by
        sla_clocks.report_date,
        sla_clocks.sla_metric,
        tickets.priority,
        tickets.agent_key,
        tickets.team_key,
        tickets.channel_account_key,
        tickets.pipeline_key,
        tickets.company_key

)

select * from counted
