{{ config(materialized='view') }}

with

messages as (

    select * from {{ ref('int_messages_ordered') }}

),

measured as (

    {{ business_seconds('messages', 'waiting_since', 'sent_at') }}

)

select
    message_id,
    ticket_number,
    sent_at,
    direction,
    author_type,
    agent_id,
    channel_id,
    is_customer_message,
    is_agent_response,
    {{ seconds_between('waiting_since', 'sent_at') }} as seconds_since_last_response,
    business_seconds as business_seconds_since_last_response
from measured
