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

    select * from {{ ref('int_ticket_property_spells_built') }}
    where field = 'agent' and value is not null

),

statuses as (

    select
        ticket_number,
        max(case when left_at is null then status_id end) as status_id,
        max(case when left_at is null then status_state end) as status_state,
        max(case when left_at is null then status_path end) as status_path,
        cast(
            sum(case when status_state = 'closed' then 0 else duration_seconds end) as bigint
        ) as time_open_seconds
    from spells
    group by ticket_number

),

closes as (

    select
        ticket_number,
        min(case when transition = 'close' then happened_at end) as first_closed_at,
        max(case when transition = 'close' then happened_at end) as last_closed_at,
        count(case when transition = 'reopen' then 1 end) as reopen_count,
        max(case when transition = 'reopen' then happened_at end) as last_reopened_at
    from transitions
    group by ticket_number

),

assignments as (

    select
        ticket_number,
        min(changed_at) as first_assigned_at
    from agent_changes
    group by ticket_number

),

summarised as (

    select
        statuses.ticket_number,
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
        on statuses.ticket_number = tickets.ticket_number
    left join closes
        on statuses.ticket_number = closes.ticket_number
    left join assignments
        on statuses.ticket_number = assignments.ticket_number

)

select * from summarised
