with

clocks as (

    select * from {{ ref('int_sla_clocks_judged') }}
    where not is_first_close

),

first_closes as (

    select * from {{ ref('int_sla_clocks_judged') }}
    where is_first_close

),

tickets as (

    select * from {{ ref('fct_tickets') }}

),

-- A ticket that was never reopened has its first close for its only one.
joined as (

    select
        tickets.ticket_key,
        clocks.metric,
        cast(clocks.occurrence as bigint) as occurrence,
        clocks.policy_id,
        clocks.goal_seconds,
        clocks.started_at,
        clocks.ended_at,
        clocks.due_at,
        {{ report_date('clocks.due_at') }} as due_date,
        clocks.elapsed_seconds,
        clocks.status,
        case
            when clocks.metric = 'time_to_close' and tickets.first_closed_at = tickets.closed_at
                then clocks.status
            else first_closes.status
        end as status_at_first_close,
        tickets.is_excluded,
        clocks.source_system
    from clocks
    inner join tickets
        on
            clocks.source_system = tickets.source_system
            and clocks.ticket_id = tickets.ticket_id
    left join first_closes
        on
            clocks.source_system = first_closes.source_system
            and clocks.ticket_id = first_closes.ticket_id
            and clocks.metric = first_closes.metric
            and clocks.occurrence = first_closes.occurrence

)

select * from joined
