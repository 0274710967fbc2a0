{{ config(
    materialized='incremental',
    incremental_strategy='changed_tickets',
    unique_key=['source_system', 'message_id']
) }}
-- depends_on: {{ ref('int_changed_tickets') }}

with

messages as (

    select * from {{ ref('int_message_durations') }}

),

tickets as (

    select * from {{ ref('int_tickets_resolved') }}

),

agents as (

    select * from {{ ref('dim_agents') }}

),

channels as (

    select * from {{ ref('dim_channels') }}

),

joined as (

    select
        messages.message_id,
        tickets.ticket_key,
        messages.sent_at,
        {{ report_date('messages.sent_at') }} as sent_date,
        {{ report_hour('messages.sent_at') }} as sent_hour,
        {{ iso_weekday(report_date('messages.sent_at')) }} as sent_weekday,
        messages.direction,
        messages.author_type,
        coalesce(agents.agent_key, 'unknown') as agent_key,
        coalesce(channels.channel_key, 'unknown') as channel_key,
        messages.is_agent_response,
        messages.is_customer_message,
        messages.seconds_since_last_response,
        messages.business_seconds_since_last_response,
        tickets.is_excluded,
        tickets.source_system
    from messages
    inner join tickets
        on messages.ticket_number = tickets.ticket_number
    left join agents
        on
            messages.agent_id = agents.agent_id
            and tickets.source_system = agents.source_system
    left join channels
        on
            messages.channel_id = channels.channel_id
            and tickets.source_system = channels.source_system

)

select * from joined
