with

messages as (

    select * from {{ ref('int_messages_ordered') }}
    where is_customer_message or is_agent_response

),

closes as (

    select * from {{ ref('int_ticket_closes_listed') }}
    where transition = 'close'

),

-- At the same instant: a customer message, then a response, then a close.
events as (

    select
        ticket_number,
        sent_at as happened_at,
        case when is_customer_message then 0 else 1 end as event_rank,
        message_number,
        author_id
    from messages
    union all
    select
        ticket_number,
        happened_at,
        2 as event_rank,
        0 as message_number,
        cast(null as string) as author_id
    from closes

),

-- What ends a cycle starts the next group: a group holds the questions and the one end after them.
grouped as (

    select
        *,
        count(case when event_rank > 0 then 1 end) over (
            partition by ticket_number
            order by happened_at, event_rank, message_number
            rows between unbounded preceding and 1 preceding
        ) as group_number
    from events

),

aggregated as (

    select
        ticket_number,
        group_number,
        min(case when event_rank = 0 then happened_at end) as waiting_since,
        count(case when event_rank = 0 then 1 end) as customer_message_count,
        max(case when event_rank > 0 then happened_at end) as ended_at,
        max(event_rank) as end_rank,
        max(case when event_rank = 1 then author_id end) as agent_id
    from grouped
    group by ticket_number, group_number
    having count(case when event_rank = 0 then 1 end) > 0

),

cycles as (

    select
        ticket_number,
        row_number() over (
            partition by ticket_number order by group_number
        ) as cycle_number,
        waiting_since,
        ended_at,
        case end_rank
            when 0 then 'waiting'
            when 1 then 'responded'
            when 2 then 'closed'
        end as outcome,
        customer_message_count,
        agent_id
    from aggregated

)

select * from cycles
