-- Written by `helpdesk report write` from reports/prebuilt/first_response_time.yml.
with

tickets as (

    select
        first_response_date as report_date,
        agent_key,
        team_key,
        channel_account_key,
        pipeline_key,
        company_key{{ own_filter_columns() }},
        first_response_seconds as ticket_count,
        first_response_seconds,
        first_response_business_seconds
    from {{ ref('fct_tickets').include(database=false) }}
    where
        not is_excluded
        and first_response_date is not null

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
        cast(coalesce(sum(tickets.first_response_seconds), 0) as bigint) as first_response_seconds,
        cast(coalesce(sum(tickets.first_response_business_seconds), 0) as bigint)
            as first_response_business_seconds,
        {{ sorted_values('tickets.first_response_seconds') }}
            as first_response_seconds_values,
        {{ sorted_values('tickets.first_response_business_seconds') }}
            as first_response_business_seconds_values
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
