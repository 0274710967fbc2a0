{{ config(
    materialized='incremental',
    incremental_strategy='changed_tickets',
    unique_key=['ticket_key', 'cycle_number']
) }}
-- depends_on: {{ ref('int_changed_tickets') }}

with

cycles as (

    select * from {{ ref('int_response_cycle_durations') }}

),

tickets as (

    select * from {{ ref('int_tickets_resolved') }}

),

agents as (

    select * from {{ ref('dim_agents') }}

),

joined as (

    select
        tickets.ticket_key,
        cycles.cycle_number,
        cycles.waiting_since,
        {{ report_date('cycles.waiting_since') }} as waiting_since_date,
        cycles.ended_at,
        {{ report_date('cycles.ended_at') }} as ended_date,
        cycles.outcome,
        cycles.customer_message_count,
        coalesce(agents.agent_key, 'unknown') as agent_key,
        cycles.wait_seconds,
        cycles.wait_business_seconds,
        cycles.cycle_number = 1 as is_first,
        tickets.is_excluded,
        tickets.source_system
    from cycles
    inner join tickets
        on cycles.ticket_number = tickets.ticket_number
    left join agents
        on
            cycles.agent_id = agents.agent_id
            and tickets.source_system = agents.source_system

)

select * from joined
