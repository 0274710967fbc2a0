with

builds as (

    select * from {{ ref('stg_landing__builds') }}

),

tickets as (

    select * from {{ ref('int_tickets_resolved') }}

),

changes as (

    select
        ticket_number,
        value as status_id,
        changed_at,
        change_number,
        is_inferred
    from {{ ref('int_ticket_changes') }}
    where field = 'status' and (change_number = 1 or value <> previous_value)

),

pipeline_intervals as (

    select * from {{ ref('int_ticket_property_history') }}
    where field = 'pipeline' and not is_current

),

statuses as (

    select
        *,
        {{ status_path('pipeline_id', 'status_id') }} as path
    from {{ ref('int_statuses_valid') }}

),

numbered as (

    select
        ticket_number,
        status_id,
        changed_at,
        is_inferred,
        row_number() over by_change as interval_number,
        lead(changed_at) over by_change as next_changed_at
    from changes
    window by_change as (partition by ticket_number order by change_number)

),

-- A ticket without history has one interval, from its creation. The first known status also counts from creation on;
-- a change dated before creation counts at creation.
clamped as (

    select
        tickets.source_system,
        tickets.ticket_number,
        tickets.pipeline_id,
        tickets.pipeline_since,
        case
            when
                numbered.ticket_number is null
                and tickets.reported_closed_at >= tickets.created_at
                and tickets.reported_closed_at <= builds.as_of
                then tickets.reported_closed_at
        end as reported_closed_at,
        numbered.ticket_number is not null as has_history,
        coalesce(numbered.is_inferred, false) as is_inferred,
        coalesce(numbered.interval_number, 1) as interval_number,
        case
            when numbered.ticket_number is null then tickets.status_id
            else numbered.status_id
        end as status_id,
        case
            when numbered.interval_number > 1
                then greatest(numbered.changed_at, tickets.created_at)
            else tickets.created_at
        end as entered_at,
        case
            when numbered.next_changed_at is not null
                then greatest(numbered.next_changed_at, tickets.created_at)
        end as left_at
    from tickets
    cross join builds
    left join numbered
        on tickets.ticket_number = numbered.ticket_number

),

-- Only statuses entered before the last change of the pipeline need its history: the others get no join key.
located as (

    select
        clamped.source_system,
        clamped.ticket_number,
        clamped.status_id,
        clamped.entered_at,
        clamped.interval_number,
        clamped.left_at,
        clamped.reported_closed_at,
        clamped.has_history,
        clamped.is_inferred,
        case
            when clamped.entered_at >= clamped.pipeline_since then clamped.pipeline_id
            else pipeline_intervals.value
        end as pipeline_id
    from clamped
    left join pipeline_intervals
        on
            case
                when clamped.entered_at < clamped.pipeline_since then clamped.ticket_number
            end = pipeline_intervals.ticket_number
            and clamped.entered_at >= pipeline_intervals.valid_from
            and clamped.entered_at < pipeline_intervals.valid_to

),

-- A status of the ticket's pipeline has priority over one for every pipeline.
described as (

    select
        located.source_system,
        located.ticket_number,
        located.interval_number,
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
        coalesce(own_status.path, any_status.path) as status_path,
        located.entered_at,
        located.left_at,
        located.reported_closed_at,
        located.has_history,
        located.is_inferred
    from located
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

),

-- The last interval of a closed ticket has no end and no duration: nothing about a closed ticket changes as
-- time passes. A closed ticket without history is closed since the time that the help desk reports, else since
-- an unknown time, never since its creation.
intervals as (

    select
        described.source_system,
        described.ticket_number,
        described.interval_number,
        described.status_id,
        described.pipeline_id,
        described.status_state,
        described.is_pausing,
        described.status_path,
        described.entered_at,
        described.left_at,
        described.has_history,
        described.is_inferred,
        case
            when described.status_state <> 'closed' then null
            when described.has_history then described.entered_at
            else described.reported_closed_at
        end as closed_from,
        {{ seconds_between(
            'described.entered_at',
            "case when described.status_state = 'closed' then described.left_at "
            ~ "else coalesce(described.left_at, builds.as_of) end",
        ) }} as duration_seconds
    from described
    cross join builds

)

select * from intervals
