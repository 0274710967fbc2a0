{{ config(
    materialized='incremental',
    incremental_strategy='changed_tickets',
    unique_key=['ticket_key', 'spell_number'],
    post_hook="{{ moved_with_the_clock('is_current', 'duration_business_seconds', 'duration_seconds') }}"
) }}

with

spells as (

    select * from {{ ref('int_ticket_status_spells_measured') }}

),

tickets as (

    select * from {{ ref('int_tickets_resolved') }}

),

joined as (

    select
        tickets.ticket_key,
        tickets.ticket_id,
        cast(spells.spell_number as bigint) as spell_number,
        spells.status_id,
        spells.status_state,
        coalesce({{ entity_key('spells.status_path', 'tickets.source_system') }}, 'unknown')
            as status_key,
        spells.entered_at,
        {{ report_date('spells.entered_at') }} as entered_date,
        spells.left_at,
        spells.left_at is null as is_current,
        spells.duration_seconds,
        spells.business_seconds as duration_business_seconds,
        tickets.is_excluded,
        tickets.source_system
    from spells
    inner join tickets
        on spells.ticket_number = tickets.ticket_number

)

select * from joined
