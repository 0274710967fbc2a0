-- Written by `helpdesk report write` from reports/prebuilt/time_to_assign.yml.
with

tickets as (

    select
        first_assigned_date as report_date,
        agent_key,
        team_key,
        channel_account_key,
        pipeline_key,
        company_key{{ own_filter_columns() }},
        time_to_assign_seconds as ticket_count,
        time_to_assign_seconds
    from {{ ref('fct_tickets').include(database=false) }}
    where
        not is_excluded
        and first_assigned_date is not null

),

counted as (

    select
        tickets.report_date,
        tickets.agent_key,
        tickets.team_key,
        tickets.channel_account_key,
        tickets.pipeline_key,
        tickets.company_key{{ own_filter_columns('tickets') }},
        count(tickets.ticket_count) as ticket_count,
        cast(coalesce(sum(tickets.time_to_assign_seconds), 0) as bigint) as time_to_assign_seconds,
        {{ sorted_values('tickets.time_to_assign_seconds') }}
            as time_to_assign_seconds_values
    from tickets
    where tickets.ticket_count is not null
    group by
        tickets.report_date,
        tickets.agent_key,
        tickets.team_key,
        tickets.channel_account_key,
        tickets.pipeline_key,
        tickets.company_key{{ own_filter_columns('tickets') }}

)

select * from counted
