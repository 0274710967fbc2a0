with

spells as (

    select * from {{ ref('int_ticket_status_spells_built') }}

),

transitions as (

    select * from {{ ref('int_ticket_closes_listed') }}

),

tickets as (

    select * from {{ ref('int_tickets_resolved') }}

),

agent_changes as (

    select * from {{ ref('int_ticket_field_history_unioned') }}
    where row_disposition = 'modelled' and field = 'agent' and value is not null

),

statuses as (

    select
        source_system,
        ticket_id,
        max(case when left_at is null then status_id end) as status_id,
        max(case when left_at is null then status_state end) as status_state,
        max(case when left_at is null then status_path end) as status_path,
        cast(
            sum(case when status_state = 'closed' then 0 else duration_seconds end) as bigint
        ) as time_open_seconds
    from spells
    group by source_system, ticket_id

),

closes as (

    select
        source_system,
        ticket_id,
        min(case when transition = 'close' then happened_at end) as first_closed_at,
        max(case when transition = 'close' then happened_at end) as last_closed_at,
        count(case when transition = 'reopen' then 1 end) as reopen_count,
        max(case when transition = 'reopen' then happened_at end) as last_reopened_at
    from transitions
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
        statuses.source_system,
        statuses.ticket_id,
        statuses.status_id,
        statuses.status_state,
        statuses.status_path,
        closes.first_closed_at,
        case
            when statuses.status_state = 'closed' then closes.last_closed_at
        end as closed_at,
        statuses.time_open_seconds,
        coalesce(closes.reopen_count, 0) as reopen_count,
        closes.last_reopened_at,
        case
            when assignments.first_assigned_at < tickets.created_at then tickets.created_at
            else assignments.first_assigned_at
        end as first_assigned_at
    from statuses
    inner join tickets
        on
            statuses.source_system = tickets.source_system
            and statuses.ticket_id = tickets.ticket_id
    left join closes
        on
            statuses.source_system = closes.source_system
            and statuses.ticket_id = closes.ticket_id
    left join assignments
        on
            statuses.source_system = assignments.source_system
            and statuses.ticket_id = assignments.ticket_id

)

select * from summarised
