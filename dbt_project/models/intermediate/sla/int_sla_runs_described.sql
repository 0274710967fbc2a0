with

runs as (

    select
        ticket_number,
        metric,
        occurrence,
        is_first_close,
        started_at,
        ended_at,
        is_cancelled,
        decided_at
    from {{ ref('int_sla_runs_built') }}

),

tickets as (

    select * from {{ ref('int_tickets_resolved') }}

),

applications as (

    select
        numbered.ticket_number,
        applied.policy_id,
        applied.schedule_id,
        applied.applied_at,
        coalesce(
            lead(applied.applied_at) over (
                partition by numbered.ticket_number order by applied.applied_at
            ),
            {{ end_of_time() }}
        ) as replaced_at
    from {{ ref('int_ticket_sla_applied_unioned') }} as applied
    inner join {{ ref('int_tickets_numbered') }} as numbered
        on
            applied.source_system = numbered.source_system
            and applied.ticket_id = numbered.ticket_id

),

described as (

    {{ properties_at('runs', 'decided_at', ['pipeline', 'priority', 'agent', 'sla_policy']) }}

),

applied as (

    select
        described.source_system,
        described.ticket_number,
        described.metric,
        described.occurrence,
        described.is_first_close,
        described.started_at,
        described.ended_at,
        described.is_cancelled,
        described.decided_at,
        described.pipeline,
        described.priority,
        described.team,
        tickets.channel_id as channel,
        tickets.source,
        coalesce(applications.policy_id, described.sla_policy) as applied_policy_id,
        applications.schedule_id as applied_schedule_id
    from described
    inner join tickets
        on described.ticket_number = tickets.ticket_number
    left join applications
        on
            described.ticket_number = applications.ticket_number
            and described.decided_at >= applications.applied_at
            and described.decided_at < applications.replaced_at

)

select * from applied
