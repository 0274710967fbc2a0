-- Written by `helpdesk report write` from reports/sla_performance.yml.
with

sla_clocks as (

    select
        ticket_key,
        due_date as report_date,
        metric as sla_metric,
        agent_key,
        team_key,
        channel_account_key,
        pipeline_key,
        company_key{{ own_filter_columns(joined=true) }},
        case when status = 'completed_on_time' then 1 end as sla_on_time_count,
        case when status in ('completed_on_time', 'completed_late', 'overdue') then 1 end
            as sla_measured_count,
        case when status = 'completed_late' then 1 end as sla_late_count,
        case when status = 'overdue' then 1 end as sla_overdue_count
    from {{ ref('fct_sla_clocks').include(database=false) }}{{ own_filter_join() }}
    where
        not is_excluded
        and due_date is not null

),

tickets as (

    select
        ticket_key,
        priority
    from {{ ref('fct_tickets').include(database=false) }}

),

counted as (

    select
        sla_clocks.report_date,
        sla_clocks.sla_metric,
        tickets.priority,
        sla_clocks.agent_key,
        sla_clocks.team_key,
        sla_clocks.channel_account_key,
        sla_clocks.pipeline_key,
        sla_clocks.company_key{{ own_filter_columns('sla_clocks') }},
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
            sla_clocks.sla_measured_count is not null
            or sla_clocks.sla_late_count is not null
            or sla_clocks.sla_overdue_count is not null
        )
    group by
        sla_clocks.report_date,
        sla_clocks.sla_metric,
        tickets.priority,
        sla_clocks.agent_key,
        sla_clocks.team_key,
        sla_clocks.channel_account_key,
        sla_clocks.pipeline_key,
        sla_clocks.company_key{{ own_filter_columns('sla_clocks') }}

)

select * from counted
