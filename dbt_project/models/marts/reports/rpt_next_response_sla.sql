-- Written by `helpdesk report write` from reports/prebuilt/next_response_sla.yml.
with

sla_clocks as (

    select
        due_date as report_date,
        agent_key,
        team_key,
        channel_account_key,
        pipeline_key,
        company_key{{ own_filter_columns(joined=true) }},
        case when status = 'completed_on_time' then 1 end as on_time_count,
        case when status = 'completed_late' then 1 end as late_count,
        case when status = 'overdue' then 1 end as overdue_count,
        case when status in ('completed_on_time', 'completed_late', 'overdue') then 1 end
            as measured_count
    from {{ ref('fct_sla_clocks').include(database=false) }}{{ own_filter_join() }}
    where
        not is_excluded
        and due_date is not null
        and metric = 'next_response'

),

counted as (

    select
        sla_clocks.report_date,
        sla_clocks.agent_key,
        sla_clocks.team_key,
        sla_clocks.channel_account_key,
        sla_clocks.pipeline_key,
        sla_clocks.company_key{{ own_filter_columns('sla_clocks') }},
        count(*) as clock_count,
        count(sla_clocks.on_time_count) as on_time_count,
        count(sla_clocks.late_count) as late_count,
        count(sla_clocks.overdue_count) as overdue_count,
        count(sla_clocks.measured_count) as measured_count
    from sla_clocks
    group by
        sla_clocks.report_date,
        sla_clocks.agent_key,
        sla_clocks.team_key,
        sla_clocks.channel_account_key,
        sla_clocks.pipeline_key,
        sla_clocks.company_key{{ own_filter_columns('sla_clocks') }}

)

select * from counted
