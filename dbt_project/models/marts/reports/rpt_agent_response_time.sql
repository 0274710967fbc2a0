-- Written by `helpdesk report write` from reports/prebuilt/agent_response_time.yml.
with

conversations as (

    select
        ticket_key,
        ended_date as report_date,
        agent_key as responding_agent_key,
        case when outcome = 'responded' then 1 end as response_count,
        case when outcome = 'responded' then wait_seconds end as response_seconds,
        case when outcome = 'responded' then wait_business_seconds end as response_business_seconds
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
        count(conversations.response_count) as response_count,
        cast(coalesce(sum(conversations.response_seconds), 0) as bigint) as response_seconds,
        cast(coalesce(sum(conversations.response_business_seconds), 0) as bigint)
            as response_business_seconds,
        {{ sorted_values('conversations.response_seconds') }}
            as response_seconds_values,
        {{ sorted_values('conversations.response_business_seconds') }}
            as response_business_seconds_values
    from conversations
    inner join tickets
        on conversations.ticket_key = tickets.ticket_key
    where conversations.response_count is not null
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
