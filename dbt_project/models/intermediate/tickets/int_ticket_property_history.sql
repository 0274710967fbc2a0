{{ config(materialized='view') }}

with

changes as (

    select * from {{ ref('int_ticket_changes') }}
    where field <> 'status'

),

carried_back as (

    select
        source_system,
        ticket_number,
        field,
        value,
        changed_at,
        -- The first value also counts before its change.
        case when change_number = 1 then {{ beginning_of_time() }} else changed_at end as valid_from,
        coalesce(next_changed_at, {{ end_of_time() }}) as valid_to,
        next_changed_at is null as is_current
    from changes

)

select * from carried_back
