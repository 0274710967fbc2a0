-- Written by `helpdesk report write` from reports/prebuilt/tickets_created.yml.
with

tickets as (

    select
        created_date as report_date,
        agent_key,
        team_key,
        channel_account_key,
        pipeline_key,
        company_key{{ own_filter_columns() }}
    from {{ ref('fct_tickets').include(database=false) }}
    where
        not is_excluded
        and created_date is not null

),

counted as (

    select
        tickets.report_date,
        tickets.agent_key,
        tickets.team_key,
        tickets.channel_account_key,
        tickets.pipeline_key,
        tickets.company_key{{ own_filter_columns('tickets') }},
        count(*) as ticket_count
    from tickets
    group by
        tickets.report_date,
        tickets.agent_key,
        tickets.team_key,
        tickets.channel_account_key,
        tickets.pipeline_key,
        tickets.company_key{{ own_filter_columns('tickets') }}

)

select * from counted
