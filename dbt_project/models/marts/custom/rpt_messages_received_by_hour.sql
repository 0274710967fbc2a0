-- Written by `helpdesk report write` from reports/messages_received_by_hour.yml.
with

messages as (

    select
        ticket_key,
        sent_date as report_date,
        cast(sent_hour as integer) as sent_hour,
        cast(sent_weekday as integer) as sent_weekday,
        case when is_customer_message then 1 end as messages_received_count
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
        messages.sent_hour,
        messages.sent_weekday,
        tickets.agent_key,
        tickets.team_key,
        tickets.channel_account_key,
        tickets.pipeline_key,
        tickets.company_key{{ own_filter_columns('tickets') }},
        count(*) as row_count,
        count(messages.messages_received_count) as messages_received_count
    from messages
    inner join tickets
        on messages.ticket_key = tickets.ticket_key
    where messages.messages_received_count is not null
    group by
        messages.report_date,
        messages.sent_hour,
        messages.sent_weekday,
        tickets.agent_key,
        tickets.team_key,
        tickets.channel_account_key,
        tickets.pipeline_key,
        tickets.company_key{{ own_filter_columns('tickets') }}

)

select * from counted
