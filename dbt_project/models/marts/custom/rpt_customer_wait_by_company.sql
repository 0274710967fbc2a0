-- Written by `helpdesk report write` from reports/customer_wait_by_company.yml.
with

conversations as (

    select
        ticket_key,
        ended_date as report_date,
        case when ended_at is not null then wait_seconds end as customer_wait_seconds,
        ended_at as waits_ended_count,
        case when ended_at is not null then wait_business_seconds end
            as customer_wait_business_seconds
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
        tickets.agent_key,
        tickets.team_key,
        tickets.channel_account_key,
        tickets.pipeline_key,
        tickets.company_key{{ own_filter_columns('tickets') }},
        count(*) as row_count,
        cast(coalesce(sum(conversations.customer_wait_seconds), 0) as bigint)
            as customer_wait_seconds,
        count(conversations.waits_ended_count) as waits_ended_count,
        cast(coalesce(sum(conversations.customer_wait_business_seconds), 0) as bigint)
            as customer_wait_business_seconds,
        {{ sorted_values('conversations.customer_wait_seconds') }}
            as customer_wait_seconds_values,
        {{ sorted_values('conversations.customer_wait_business_seconds') }}
            as customer_wait_business_seconds_values
    from conversations
    inner join tickets
        on conversations.ticket_key = tickets.ticket_key
    where conversations.waits_ended_count is not null
    group by
        conversations.report_date,
        tickets.agent_key,
        tickets.team_key,
        tickets.channel_account_key,
        tickets.pipeline_key,
        tickets.company_key{{ own_filter_columns('tickets') }}

)

select * from counted
