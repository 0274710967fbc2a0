-- Written by `helpdesk report write` from reports/prebuilt/tickets_closed.yml.
with

tickets as (

    select
        closed_date as report_date,
        agent_key,
        team_key,
        channel_account_key,
        pipeline_key,
        company_key{{ own_filter_columns() }},
        time_to_close_seconds as ticket_count
    from {{ ref('fct_tickets').include(database=false) }}
    where
        not is_excluded
        and closed_date is not null

),

counted as (

    select
        tickets.report_date,
        tickets.agent_key,
        tickets.team_key,
        tickets.channel_account_key,
        tickets.pipeline_key,
        tickets.company_key{{ own_filter_columns('tickets') }},
        count(tickets.ticket_count) as ticket_count
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
