with

conversations as (

    select
        ticket_key,
        ended_date as report_date,
        case when ended_at is not null then wait_seconds end as customer_wait_seconds,
        ended_at as waits_ended_count,
        case when ended_at is not null then wait_business_seconds end
            as customer_wait_business_seconds
    from {{ ref('fct_response_cycles') }}
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
        company_key
    from {{ ref('fct_tickets') }}

),

counted as (

    select
        conversations.report_date,
        tickets.agent_key,
        tickets.team_key,
        tickets.channel_account_key,
        tickets.pipeline_key,
        tickets.company_key,
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
    left join tickets
        on conversations.ticket_key = tickets.ticket_key
    where
        (
            conversations.customer_wait_seconds is not null
            or conversations.waits_ended_count is not null
            or conversations.customer_wait_business_seconds is not null
        )
    group by
        conversations.report_date,
        tickets.agent_key,
        tickets.team_key,
        tickets.channel_account_key,
        tickets.pipeline_key,
        tickets.company_key

)

select * from counted
