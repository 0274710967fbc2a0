-- Written by `helpdesk report write` from reports/prebuilt/customer_wait_time.yml.
with

conversations as (

    select
        ticket_key,
        ended_date as report_date,
        ended_at as cycle_count,
        case when outcome = 'responded' then 1 end as responded_count,
        case when ended_at is not null then wait_seconds end as wait_seconds,
        case when ended_at is not null then wait_business_seconds end as wait_business_seconds
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
        count(conversations.cycle_count) as cycle_count,
        count(conversations.responded_count) as responded_count,
        cast(coalesce(sum(conversations.wait_seconds), 0) as bigint) as wait_seconds,
        cast(coalesce(sum(conversations.wait_business_seconds), 0) as bigint)
            as wait_business_seconds,
        {{ sorted_values('conversations.wait_seconds') }}
            as wait_seconds_values,
        {{ sorted_values('conversations.wait_business_seconds') }}
            as wait_business_seconds_values
    from conversations
    inner join tickets
        on conversations.ticket_key = tickets.ticket_key
    where conversations.cycle_count is not null
    group by
        conversations.report_date,
        tickets.agent_key,
        tickets.team_key,
        tickets.channel_account_key,
        tickets.pipeline_key,
        tickets.company_key{{ own_filter_columns('tickets') }}

)

select * from counted
