-- Written by `helpdesk report write` from reports/response_time_by_agent.yml.
with

conversations as (

    select
        ticket_key,
        ended_date as report_date,
        agent_key as responding_agent_key,
        case when outcome = 'responded' then wait_seconds end as response_time_seconds,
        case when outcome = 'responded' then 1 end as responses_count,
        case when outcome = 'responded' then wait_business_seconds end
            as response_time_business_seconds
    from {{ ref('fct_response_cycles').include(database=false) }}
    where
        not is_excluded
        and ended_date is not null

),

tickets as (

    select
        ticket_key,
        agent_key,
        team_key,
        channel_account_key,
        pipeline_key,
        company_key{{ own_filter_columns() }}
    from {{ ref('fct_tickets').include(database=false) }}

),

counted as (

    select
        conversations.report_date,
        conversations.responding_agent_key,
        tickets.agent_key,
        tickets.team_key,
        tickets.channel_account_key,
        tickets.pipeline_key,
        tickets.company_key{{ own_filter_columns('tickets') }},
        count(*) as row_count,
        cast(coalesce(sum(conversations.response_time_seconds), 0) as bigint)
            as response_time_seconds,
        count(conversations.responses_count) as responses_count,
        cast(coalesce(sum(conversations.response_time_business_seconds), 0) as bigint)
            as response_time_business_seconds,
        {{ sorted_values('conversations.response_time_seconds') }}
            as response_time_seconds_values,
        {{ sorted_values('conversations.response_time_business_seconds') }}
            as response_time_business_seconds_values
    from conversations
    inner join tickets
        on conversations.ticket_key = tickets.ticket_key
    where conversations.responses_count is not null
    group by
        conversations.report_date,
        conversations.responding_agent_key,
        tickets.agent_key,
        tickets.team_key,
        tickets.channel_account_key,
        tickets.pipeline_key,
        tickets.company_key{{ own_filter_columns('tickets') }}

)

select * from counted
