{{ config(materialized='view') }}

with

tickets as (

    select
        resolved.ticket_number,
        resolved.created_at,
        lifecycles.closed_at,
        messages.first_response_at
    from {{ ref('int_tickets_resolved') }} as resolved
    inner join {{ ref('int_ticket_lifecycles_summarised') }} as lifecycles
        on resolved.ticket_number = lifecycles.ticket_number
    left join {{ ref('int_ticket_messages_summarised') }} as messages
        on resolved.ticket_number = messages.ticket_number

),

to_close as (

    {{ business_seconds('tickets', 'created_at', 'closed_at') }}

),

to_response as (

    {{ business_seconds('tickets', 'created_at', 'first_response_at') }}

),

measured as (

    select
        to_close.ticket_number,
        to_close.business_seconds as time_to_close_business_seconds,
        to_response.business_seconds as first_response_business_seconds
    from to_close
    inner join to_response
        on to_close.ticket_number = to_response.ticket_number

)

select * from measured
