with

messages as (

    select * from {{ ref('int_messages_ordered') }}

),

summarised as (

    select
        ticket_number,
        count(case when is_agent_response then 1 end) as agent_response_count,
        count(case when is_customer_message then 1 end) as customer_message_count,
        count(case when is_bot_message then 1 end) as bot_interaction_count,
        min(sent_at) as earliest_at,
        min(case when is_customer_message then sent_at end) as first_question_at,
        max(case when is_first_response then sent_at end) as first_response_at,
        max(case when is_first_response then agent_id end) as first_response_agent_id,
        -- A response before the first one has no question before it.
        count(
            case when is_agent_response and not is_first_response and waiting_since is not null then 1 end
        ) as later_answer_count
    from messages
    group by ticket_number

)

select * from summarised
