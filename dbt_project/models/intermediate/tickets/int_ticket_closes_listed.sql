with

spells as (

    select * from {{ ref('int_ticket_status_spells_built') }}

),

flagged as (

    select
        *,
        status_state = 'closed' as is_closed,
        lag(status_state = 'closed') over (
            partition by ticket_number order by spell_number
        ) as was_closed
    from spells

),

transitions as (

    select
        ticket_number,
        spell_number,
        is_closed,
        entered_at
    from flagged
    where
        (is_closed and not coalesce(was_closed, false))
        or (not is_closed and was_closed)

),

-- Closes and reopens alternate, so the next of one kind is the neighbour of the other.
paired as (

    select
        ticket_number,
        is_closed,
        entered_at,
        lag(entered_at) over by_spell as before_at,
        lead(entered_at) over by_spell as after_at
    from transitions
    window by_spell as (partition by ticket_number order by spell_number)

)

select
    ticket_number,
    case when is_closed then 'close' else 'reopen' end as transition,
    entered_at as happened_at,
    before_at,
    after_at
from paired
