with

tickets as (

    select * from {{ ref('int_tickets_valid') }}

),

numbered as (

    select
        source_system,
        ticket_id,
        {{ entity_key('ticket_id') }} as ticket_key,
        {{ any_number() }} as ticket_number
    from tickets

)

select * from numbered
