with

messages as (

    select * from {{ ref('int_messages_valid') }}

),

tickets as (

    select
        source_system,
        ticket_id,
        ticket_number,
        created_at,
        is_outbound,
        is_conversation_unknown
    from {{ ref('int_tickets_resolved') }}

),

classified as (

    select
        messages.message_id,
        tickets.ticket_number,
        messages.sent_at,
        messages.direction,
        messages.author_type,
        case when messages.author_type = 'agent' then messages.author_id end as agent_id,
        messages.channel_id,
        messages.author_type = 'bot' as is_bot_message,
        messages.direction = 'incoming'
        and messages.author_type = 'customer'
        and not coalesce(messages.is_automated, false)
        and not tickets.is_conversation_unknown as is_customer_message,
        messages.direction = 'outgoing'
        and messages.author_type = 'agent'
        and coalesce(messages.is_public, true)
        and not coalesce(messages.is_automated, false)
        and lower(coalesce(messages.delivery_status, '')) <> 'failed'
        and lower(coalesce(messages.kind, '')) not in (
            'welcome_message', 'welcome', 'comment', 'internal_comment'
        )
        and not tickets.is_conversation_unknown as is_agent_response,
        tickets.is_outbound,
        tickets.created_at
    from messages
    inner join tickets
        on
            messages.source_system = tickets.source_system
            and messages.ticket_id = tickets.ticket_id

),

-- At the same time a customer's question comes before an answer.
ordered as (

    select
        *,
        row_number() over in_order as message_number,
        count(case when is_agent_response then 1 end) over earlier as responses_before,
        min(case when is_customer_message then sent_at end) over earlier as first_question_at,
        max(case when is_agent_response then sent_at end) over earlier as last_response_at
    from classified
    window
        in_order as (
            partition by ticket_number
            order by sent_at, case when is_customer_message then 0 else 1 end, message_id
        ),
        earlier as (
            partition by ticket_number
            order by sent_at, case when is_customer_message then 0 else 1 end, message_id
            rows between unbounded preceding and 1 preceding
        )

),

-- The first response comes at or after the creation of the ticket or, if that is earlier, the first question, because
-- a ticket can be made from a conversation. It is the first if the response before it came earlier than that.
-- The oldest question since the response before. It is grouped and joined back, because a second window would sort
-- every message again.
questions as (

    select
        ticket_number,
        responses_before,
        min(sent_at) as asked_at
    from ordered
    where is_customer_message
    group by ticket_number, responses_before

),

since as (

    select
        ordered.message_id,
        ordered.ticket_number,
        ordered.message_number,
        ordered.responses_before,
        ordered.sent_at,
        ordered.direction,
        ordered.author_type,
        ordered.agent_id,
        ordered.channel_id,
        ordered.is_bot_message,
        ordered.is_customer_message,
        ordered.is_agent_response,
        ordered.is_agent_response
        and not ordered.is_outbound
        and (ordered.sent_at >= ordered.created_at or ordered.first_question_at is not null)
        and (
            ordered.last_response_at is null
            or (
                ordered.last_response_at < ordered.created_at
                and coalesce(ordered.first_question_at > ordered.last_response_at, true)
            )
        ) as is_first_response,
        case
            when ordered.is_agent_response then questions.asked_at
            when ordered.is_customer_message then ordered.last_response_at
        end as waiting_since
    from ordered
    left join questions
        on
            ordered.ticket_number = questions.ticket_number
            and ordered.responses_before = questions.responses_before

)

select * from since
