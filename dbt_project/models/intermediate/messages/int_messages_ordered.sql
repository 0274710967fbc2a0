with

messages as (

    select * from {{ ref('int_messages_unioned') }}
    where row_disposition = 'modelled'

),

tickets as (

    select
        source_system,
        ticket_id,
        created_at,
        is_outbound
    from {{ ref('int_tickets_resolved') }}

),

classified as (

    select
        messages.source_system,
        messages.message_id,
        messages.ticket_id,
        messages.sent_at,
        messages.direction,
        messages.author_type,
        messages.author_id,
        messages.channel_id,
        messages.author_type = 'bot' as is_bot_message,
        messages.direction = 'incoming' and messages.author_type = 'customer'
            as is_customer_message,
        messages.direction = 'outgoing'
        and messages.author_type = 'agent'
        and coalesce(messages.is_public, true)
        and not coalesce(messages.is_automated, false)
        and lower(coalesce(messages.delivery_status, '')) <> 'failed'
        and lower(coalesce(messages.kind, '')) not in (
            'welcome_message', 'welcome', 'comment', 'internal_comment'
        ) as is_agent_response,
        not tickets.is_outbound and messages.sent_at >= tickets.created_at as may_respond_first
    from messages
    inner join tickets
        on
            messages.source_system = tickets.source_system
            and messages.ticket_id = tickets.ticket_id

),

-- At the same instant a customer's question comes before an answer.
ordered as (

    select
        *,
        count(case when is_agent_response then 1 end) over earlier as responses_before,
        count(case when is_agent_response and may_respond_first then 1 end) over earlier
            as first_responses_before,
        max(case when is_agent_response then sent_at end) over earlier as last_response_at
    from classified
    window
        earlier as (
            partition by source_system, ticket_id
            order by sent_at, case when is_customer_message then 0 else 1 end, message_id
            rows between unbounded preceding and 1 preceding
        )

),

-- The oldest question that the response before has not answered.
asked as (

    select
        *,
        min(case when is_customer_message then sent_at end) over (
            partition by source_system, ticket_id, responses_before
        ) as asked_at
    from ordered

),

since as (

    select
        source_system,
        message_id,
        ticket_id,
        sent_at,
        direction,
        author_type,
        author_id,
        channel_id,
        is_bot_message,
        is_customer_message,
        is_agent_response,
        is_agent_response and may_respond_first and first_responses_before = 0 as is_first_response,
        case
            when is_agent_response then asked_at
            when is_customer_message then last_response_at
        end as waiting_since
    from asked

)

select * from since
