with

builds as (

    select * from {{ ref('int_builds_current') }}

),

tickets as (

    select * from {{ ref('int_tickets_resolved') }}

),

status_changes as (

    select
        numbered.ticket_number,
        history.value,
        history.changed_at,
        history.seq
    from {{ ref('int_ticket_field_history_unioned') }} as history
    inner join {{ ref('int_tickets_numbered') }} as numbered
        on
            history.source_system = numbered.source_system
            and history.ticket_id = numbered.ticket_id
    where history.field = 'status'

),

pipeline_spells as (

    select * from {{ ref('int_ticket_property_spells_built') }}
    where field = 'pipeline'

),

statuses as (

    select * from {{ ref('int_statuses_unioned') }}

),

-- A ticket without history has one change: into its current status, when it was created.
changes as (

    select
        tickets.source_system,
        tickets.ticket_number,
        tickets.pipeline_id,
        tickets.created_at,
        coalesce(status_changes.value, tickets.status_id) as status_id,
        coalesce(status_changes.changed_at, tickets.created_at) as changed_at,
        status_changes.seq
    from tickets
    left join status_changes
        on tickets.ticket_number = status_changes.ticket_number

),

compared as (

    select
        *,
        row_number() over by_time as change_number,
        lag(status_id) over by_time as previous_status_id
    from changes
    window by_time as (
        partition by ticket_number order by changed_at, seq nulls first
    )

),

-- The first known status is carried back to creation; a change dated before it is clamped to it.
entered as (

    select
        source_system,
        ticket_number,
        pipeline_id,
        status_id,
        change_number,
        case
            when change_number = 1 or changed_at < created_at then created_at
            else changed_at
        end as entered_at
    from compared
    where change_number = 1 or status_id <> previous_status_id

),

numbered as (

    select
        source_system,
        ticket_number,
        pipeline_id,
        status_id,
        entered_at,
        row_number() over by_change as spell_number,
        lead(entered_at) over by_change as left_at
    from entered
    window by_change as (partition by ticket_number order by change_number)

),

located as (

    select
        numbered.source_system,
        numbered.ticket_number,
        numbered.status_id,
        numbered.entered_at,
        numbered.spell_number,
        numbered.left_at,
        case
            when pipeline_spells.ticket_number is null then numbered.pipeline_id
            else pipeline_spells.value
        end as pipeline_id
    from numbered
    left join pipeline_spells
        on
            numbered.ticket_number = pipeline_spells.ticket_number
            and numbered.entered_at >= pipeline_spells.valid_from
            and numbered.entered_at < pipeline_spells.valid_to

),

-- A status of the ticket's own pipeline beats one that is declared for every pipeline.
spells as (

    select
        located.source_system,
        located.ticket_number,
        located.spell_number,
        located.status_id,
        located.pipeline_id,
        coalesce(own_status.state, any_status.state, 'unknown') as status_state,
        coalesce(
            case
                when own_status.status_id is null then any_status.pauses_sla
                else own_status.pauses_sla
            end,
            false
        ) as is_pausing,
        case
            when own_status.status_id is not null
                then located.pipeline_id || ':' || located.status_id
            when any_status.status_id is not null then located.status_id
        end as status_path,
        located.entered_at,
        located.left_at,
        {{ seconds_between('located.entered_at', 'coalesce(located.left_at, builds.as_of)') }}
            as duration_seconds
    from located
    cross join builds
    left join statuses as own_status
        on
            located.source_system = own_status.source_system
            and located.status_id = own_status.status_id
            and located.pipeline_id = own_status.pipeline_id
    left join statuses as any_status
        on
            located.source_system = any_status.source_system
            and located.status_id = any_status.status_id
            and any_status.pipeline_id is null

)

select * from spells
