with

changes as (

    select
        history.source_system,
        numbered.ticket_number,
        history.field,
        history.value,
        history.changed_at,
        history.seq
    from {{ ref('int_ticket_field_history_unioned') }} as history
    inner join {{ ref('int_tickets_numbered') }} as numbered
        on
            history.source_system = numbered.source_system
            and history.ticket_id = numbered.ticket_id
    where history.field <> 'status'

),

spells as (

    select
        source_system,
        ticket_number,
        field,
        value,
        changed_at,
        row_number() over by_time = 1 as is_first,
        lead(changed_at) over by_time as valid_to
    from changes
    window by_time as (
        partition by ticket_number, field order by changed_at, seq nulls first
    )

),

carried_back as (

    select
        source_system,
        ticket_number,
        field,
        value,
        changed_at,
        -- A property before its first change has that change's value.
        case when is_first then {{ beginning_of_time() }} else changed_at end as valid_from,
        coalesce(valid_to, {{ end_of_time() }}) as valid_to,
        valid_to is null as is_current
    from spells

)

select * from carried_back
