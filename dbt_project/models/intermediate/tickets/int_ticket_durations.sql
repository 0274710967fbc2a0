{{ config(materialized='view') }}

with

tickets as (

    select
        resolved.ticket_number,
        resolved.created_at,
        lifecycles.closed_at,
        least(resolved.created_at, coalesce(messages.first_question_at, resolved.created_at))
            as first_response_started_at,
        messages.first_response_at
    from {{ ref('int_tickets_resolved') }} as resolved
    inner join {{ ref('int_ticket_lifecycles') }} as lifecycles
        on resolved.ticket_number = lifecycles.ticket_number
    left join {{ ref('int_ticket_message_counts') }} as messages
        on resolved.ticket_number = messages.ticket_number

),

to_close as (

    {{ business_seconds('tickets', 'created_at', 'closed_at') }}

),

closed as (

    select
        ticket_number,
        first_response_started_at,
        first_response_at,
        business_seconds as time_to_close_business_seconds
    from to_close

),

to_response as (

    {{ business_seconds('closed', 'first_response_started_at', 'first_response_at') }}

),

measured as (

    select
        ticket_number,
        time_to_close_business_seconds,
        first_response_started_at,
        business_seconds as first_response_business_seconds
    from to_response

)

select * from measured
