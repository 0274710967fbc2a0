with

intervals as (

    select * from {{ ref('int_ticket_status_history') }}

),

transitions as (

    select * from {{ ref('int_ticket_closes') }}

),

tickets as (

    select * from {{ ref('int_tickets_resolved') }}

),

agent_changes as (

    select * from {{ ref('int_ticket_property_history') }}
    where field = 'agent' and value is not null

),

statuses as (

    select
        ticket_number,
        max(case when left_at is null then status_id end) as status_id,
        max(case when left_at is null then status_state end) as status_state,
        max(case when left_at is null then status_path end) as status_path,
        bool_or(left_at is null and is_inferred) as is_status_inferred,
        bool_or(has_history) as has_history,
        cast(
            sum(
                case
                    when status_state = 'closed' then {{ seconds_between('entered_at', 'closed_from') }}
                    else duration_seconds
                end
            ) as bigint
        ) as time_open_seconds
    from intervals
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
        statuses.is_status_inferred,
        closes.first_closed_at,
        case
            when statuses.status_state = 'closed' then closes.last_closed_at
        end as closed_at,
        case
            when statuses.status_state = 'closed' and closes.last_closed_at is not null
                then case when statuses.has_history then 'events' else 'reported' end
        end as closed_at_basis,
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
