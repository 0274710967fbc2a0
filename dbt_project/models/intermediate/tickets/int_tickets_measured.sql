{{ config(materialized='view') }}

with

tickets as (

    select
        resolved.source_system,
        resolved.ticket_id,
        resolved.created_at,
        lifecycles.closed_at,
        messages.first_response_at
    from {{ ref('int_tickets_resolved') }} as resolved
    inner join {{ ref('int_ticket_lifecycles_summarised') }} as lifecycles
        on
            resolved.source_system = lifecycles.source_system
            and resolved.ticket_id = lifecycles.ticket_id
    left join {{ ref('int_ticket_messages_summarised') }} as messages
        on
            resolved.source_system = messages.source_system
            and resolved.ticket_id = messages.ticket_id

),

to_close as (

    {{ business_seconds('tickets', 'created_at', 'closed_at') }}

),

to_response as (

    {{ business_seconds('tickets', 'created_at', 'first_response_at') }}

),

measured as (

    select
        to_close.source_system,
        to_close.ticket_id,
        to_close.business_seconds as time_to_close_business_seconds,
        to_response.business_seconds as first_response_business_seconds
    from to_close
    inner join to_response
        on
            to_close.source_system = to_response.source_system
            and to_close.ticket_id = to_response.ticket_id

)

select * from measured
