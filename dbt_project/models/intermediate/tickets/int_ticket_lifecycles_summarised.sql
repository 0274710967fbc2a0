with

spells as (

    select * from {{ ref('int_ticket_status_spells_built') }}

),

tickets as (

    select * from {{ ref('int_tickets_resolved') }}

),

agent_changes as (

    select * from {{ ref('int_ticket_field_history_unioned') }}
    where row_disposition = 'modelled' and field = 'agent' and value is not null

),

flagged as (

    select
        *,
        status_state = 'closed' as is_closed,
        lag(status_state = 'closed') over (
            partition by source_system, ticket_id order by spell_number
        ) as was_closed
    from spells

),

lifecycles as (

    select
        source_system,
        ticket_id,
        max(case when left_at is null then status_id end) as status_id,
        max(case when left_at is null then status_state end) as status_state,
        max(case when left_at is null then status_path end) as status_path,
        min(case when is_closed then entered_at end) as first_closed_at,
        max(case when is_closed and not coalesce(was_closed, false) then entered_at end)
            as last_closed_at,
        sum(case when is_closed then 0 else duration_seconds end) as time_open_seconds,
        sum(case when not is_closed and was_closed then 1 else 0 end) as reopen_count,
        max(case when not is_closed and was_closed then entered_at end) as last_reopened_at
    from flagged
    group by source_system, ticket_id

),

assignments as (

    select
        source_system,
        ticket_id,
        min(changed_at) as first_assigned_at
    from agent_changes
    group by source_system, ticket_id

),

summarised as (

    select
        lifecycles.source_system,
        lifecycles.ticket_id,
        lifecycles.status_id,
        lifecycles.status_state,
        lifecycles.status_path,
        lifecycles.first_closed_at,
        case
            when lifecycles.status_state = 'closed' then lifecycles.last_closed_at
        end as closed_at,
        cast(lifecycles.time_open_seconds as bigint) as time_open_seconds,
        cast(lifecycles.reopen_count as bigint) as reopen_count,
        lifecycles.last_reopened_at,
        case
            when assignments.first_assigned_at < tickets.created_at then tickets.created_at
            else assignments.first_assigned_at
        end as first_assigned_at
    from lifecycles
    inner join tickets
        on
            lifecycles.source_system = tickets.source_system
            and lifecycles.ticket_id = tickets.ticket_id
    left join assignments
        on
            lifecycles.source_system = assignments.source_system
            and lifecycles.ticket_id = assignments.ticket_id

)

select * from summarised
