{{ config(materialized='view') }}

with

builds as (

    select * from {{ ref('int_builds_current') }}

),

landed_messages as (

    select * from {{ ref('stg_landing__tables') }}
    where table_name = 'messages' and is_configured

),

targets as (

    select * from {{ ref('int_sla_targets_unioned') }}

),

-- Without landed messages nobody knows of a response: no clock, rather than an overdue one.
targeted_metrics as (

    select
        source_system,
        metric
    from targets
    where metric = 'time_to_close'
    union
    select
        targets.source_system,
        targets.metric
    from targets
    inner join landed_messages
        on targets.source_system = landed_messages.source_system

),

tickets as (

    select
        resolved.source_system,
        resolved.ticket_number,
        resolved.created_at,
        resolved.is_outbound,
        lifecycles.closed_at,
        lifecycles.first_closed_at,
        messages.first_response_at
    from {{ ref('int_tickets_resolved') }} as resolved
    inner join {{ ref('int_ticket_lifecycles_summarised') }} as lifecycles
        on resolved.ticket_number = lifecycles.ticket_number
    left join {{ ref('int_ticket_messages_summarised') }} as messages
        on resolved.ticket_number = messages.ticket_number

),

cycles as (

    select
        built.*,
        tickets.source_system,
        row_number() over (
            partition by built.ticket_number order by built.cycle_number
        ) as occurrence
    from {{ ref('int_response_cycles_built') }} as built
    inner join tickets
        on
            built.ticket_number = tickets.ticket_number
            and built.waiting_since > tickets.first_response_at

),

runs as (

    select
        source_system,
        ticket_number,
        'first_response' as metric,
        1 as occurrence,
        false as is_first_close,
        created_at as started_at,
        coalesce(first_response_at, closed_at) as ended_at,
        first_response_at is null and closed_at is not null as is_cancelled
    from tickets
    where not is_outbound
    union all
    select
        source_system,
        ticket_number,
        'next_response' as metric,
        occurrence,
        false as is_first_close,
        waiting_since as started_at,
        ended_at,
        outcome = 'closed' as is_cancelled
    from cycles
    union all
    select
        source_system,
        ticket_number,
        'time_to_close' as metric,
        1 as occurrence,
        false as is_first_close,
        created_at as started_at,
        closed_at as ended_at,
        false as is_cancelled
    from tickets
    union all
    select
        source_system,
        ticket_number,
        'time_to_close' as metric,
        1 as occurrence,
        true as is_first_close,
        created_at as started_at,
        first_closed_at as ended_at,
        false as is_cancelled
    from tickets
    where first_closed_at is distinct from closed_at and first_closed_at is not null

),

decided as (

    select
        runs.*,
        coalesce(runs.ended_at, builds.as_of) as decided_at
    from runs
    inner join targeted_metrics
        on
            runs.source_system = targeted_metrics.source_system
            and runs.metric = targeted_metrics.metric
    cross join builds

)

select * from decided
