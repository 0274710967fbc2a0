with

messages as (

    select
        ticket_key,
        sent_date as report_date,
        cast(sent_hour as integer) as sent_hour,
        cast(sent_weekday as integer) as sent_weekday,
        case when is_customer_message then 1 end as messages_received_count
    from {{ ref('fct_messages') }}
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
        company_key
    from {{ ref('fct_tickets') }}

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
        tickets.company_key,
        count(*) as row_count,
        count(messages.messages_received_count) as messages_received_count
    from messages
    left join tickets
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
        tickets.company_key

)

select * from counted
