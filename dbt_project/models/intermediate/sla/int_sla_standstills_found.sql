with

spells as (

    select * from {{ ref('int_ticket_status_spells_built') }}

),

pause_statuses as (

    select * from {{ ref('int_sla_pause_statuses_unioned') }}

),

-- A status may pause every policy by itself, or be listed by some, for its pipeline or for all.
of_policies as (

    select distinct
        spells.source_system,
        spells.ticket_number,
        spells.spell_number,
        spells.entered_at,
        spells.left_at,
        pause_statuses.policy_id
    from spells
    inner join pause_statuses
        on
            spells.source_system = pause_statuses.source_system
            and spells.status_id = pause_statuses.status_id
            and (
                pause_statuses.pipeline_id is null
                or spells.pipeline_id = pause_statuses.pipeline_id
            )
    where not spells.is_pausing

),

standstills as (

    select
        source_system,
        ticket_number,
        spell_number,
        entered_at,
        left_at,
        policy_id,
        false as is_closed_only
    from of_policies
    union all
    select
        source_system,
        ticket_number,
        spell_number,
        entered_at,
        left_at,
        cast(null as string) as policy_id,
        not is_pausing as is_closed_only
    from spells
    where is_pausing or status_state = 'closed'

)

select * from standstills
