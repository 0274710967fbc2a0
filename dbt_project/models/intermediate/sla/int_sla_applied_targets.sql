{{ config(
    materialized='incremental',
    incremental_strategy='changed_tickets',
    unique_key=['source_system', 'ticket_id', 'policy_id', 'metric', 'goal_seconds', 'schedule_id'],
    changed_by=['source_system', 'ticket_id']
) }}
-- depends_on: {{ ref('int_changed_tickets') }}
with

applied as (

    select * from {{ ref('int_ticket_sla_applied_valid') }}
    where metric is not null and goal_seconds is not null

),

tickets as (

    select * from {{ ref('int_tickets_numbered') }}

),

recorded as (

    select distinct
        applied.source_system,
        applied.ticket_id,
        applied.policy_id,
        applied.metric,
        applied.goal_seconds,
        applied.schedule_id
    from applied
    inner join tickets
        on
            applied.source_system = tickets.source_system
            and applied.ticket_id = tickets.ticket_id

)

select * from recorded
