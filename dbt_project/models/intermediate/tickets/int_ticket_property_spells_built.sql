with

changes as (

    select * from {{ ref('int_ticket_field_history_unioned') }}
    where row_disposition = 'modelled' and field <> 'status'

),

spells as (

    select
        source_system,
        ticket_id,
        field,
        value,
        changed_at,
        row_number() over by_time = 1 as is_first,
        lead(changed_at) over by_time as valid_to
    from changes
    window by_time as (
        partition by source_system, ticket_id, field order by changed_at, seq nulls first
    )

),

carried_back as (

    select
        source_system,
        ticket_id,
        field,
        value,
        -- A property before its first change has that change's value.
        case when is_first then {{ beginning_of_time() }} else changed_at end as valid_from,
        coalesce(valid_to, {{ end_of_time() }}) as valid_to,
        valid_to is null as is_current
    from spells

)

select * from carried_back
