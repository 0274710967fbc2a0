{{ config(
    materialized='incremental',
    incremental_strategy='changed_tickets',
    unique_key=['ticket_key']
) }}
-- depends_on: {{ ref('int_changed_tickets') }}
with

tickets as (

    select * from {{ ref('int_tickets_resolved') }}

),

message_counts as (

    select * from {{ ref('int_ticket_message_counts') }}

),

property_changes as (

    select
        ticket_number,
        min(changed_at) as earliest_at
    from {{ ref('int_ticket_property_history') }}
    group by ticket_number

),

-- A change of the status before creation counts at creation.
earliest as (

    select
        tickets.ticket_key,
        least(
            tickets.created_at,
            coalesce(message_counts.earliest_at, tickets.created_at),
            coalesce(property_changes.earliest_at, tickets.created_at)
        ) as earliest_at
    from tickets
    left join message_counts
        on tickets.ticket_number = message_counts.ticket_number
    left join property_changes
        on tickets.ticket_number = property_changes.ticket_number

)

select * from earliest
