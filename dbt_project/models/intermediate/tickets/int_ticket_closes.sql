with

intervals as (

    select * from {{ ref('int_ticket_status_history') }}

),

flagged as (

    select
        *,
        status_state = 'closed' as is_closed,
        lag(status_state = 'closed') over (
            partition by ticket_number order by interval_number
        ) as was_closed
    from intervals

),

transitions as (

    select
        ticket_number,
        interval_number,
        is_closed,
        coalesce(closed_from, entered_at) as entered_at
    from flagged
    where
        (is_closed and not coalesce(was_closed, false) and closed_from is not null)
        or (not is_closed and was_closed)

),

-- Closes and reopenings alternate, so the next row is of the other type.
paired as (

    select
        ticket_number,
        is_closed,
        entered_at,
        lag(entered_at) over by_interval as before_at,
        lead(entered_at) over by_interval as after_at
    from transitions
    window by_interval as (partition by ticket_number order by interval_number)

)

select
    ticket_number,
    case when is_closed then 'close' else 'reopen' end as transition,
    entered_at as happened_at,
    before_at,
    after_at
from paired
