-- Written by `helpdesk report write` from reports/prebuilt/agent_replies.yml.
with

messages as (

    select
        ticket_key,
        sent_date as report_date,
        agent_key as responding_agent_key,
        case when is_agent_response then 1 end as reply_count
    from {{ ref('fct_messages').include(database=false) }}
    where
        not is_excluded
        and sent_date is not null

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
        messages.report_date,
        messages.responding_agent_key,
        tickets.agent_key,
        tickets.team_key,
        tickets.channel_account_key,
        tickets.pipeline_key,
        tickets.company_key{{ own_filter_columns('tickets') }},
        count(messages.reply_count) as reply_count
    from messages
    inner join tickets
        on messages.ticket_key = tickets.ticket_key
    where messages.reply_count is not null
    group by
        messages.report_date,
        messages.responding_agent_key,
        tickets.agent_key,
        tickets.team_key,
        tickets.channel_account_key,
        tickets.pipeline_key,
        tickets.company_key{{ own_filter_columns('tickets') }}

)

select * from counted
