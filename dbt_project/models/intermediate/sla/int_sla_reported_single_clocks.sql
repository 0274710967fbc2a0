{{ config(materialized='view') }}

{%- set metrics = reported_sla_metrics() -%}
with

changes as (

    select * from {{ ref('int_sla_reported_changes') }}

),

-- A next response with a history of due times has a clock for each occurrence instead.
candidates as (

    select * from {{ ref('int_sla_reported_candidates') }}
    where metric_number <> {{ metrics.next_response }} or not has_due_history

),

-- The stored clock of a next response belongs to the last response cycle.
last_cycles as (

    select
        candidates.ticket_number,
        candidates.is_day_before,
        max(cycles.cycle_number) as cycle_number
    from candidates
    inner join {{ ref('int_response_cycles') }} as cycles
        on
            candidates.ticket_number = cycles.ticket_number
            and cycles.waiting_since > candidates.first_response_at
            and cycles.waiting_since <= candidates.moment_at
    where
        candidates.metric_number = {{ metrics.next_response }}
        and not (
            candidates.is_close_unknown
            and coalesce(cycles.ended_at, {{ end_of_time() }}) > candidates.moment_at
        )
    group by candidates.ticket_number, candidates.is_day_before

),

newest_changes as (

    select
        candidates.ticket_number,
        candidates.metric_number,
        candidates.is_day_before,
        max(case when changes.is_due then changes.change_number end) as due_number,
        max(case when changes.is_due and changes.value is not null then changes.change_number end)
            as filled_number,
        max(case when changes.is_due and changes.value is null then changes.changed_at end)
            as emptied_at,
        max(case when not changes.is_due then changes.change_number end) as status_number
    from candidates
    inner join changes
        on
            candidates.ticket_number = changes.ticket_number
            and candidates.metric_number = changes.metric_number
            and candidates.moment_at >= changes.changed_at
    group by candidates.ticket_number, candidates.metric_number, candidates.is_day_before

),

described as (

    select
        candidates.ticket_number,
        candidates.source_system,
        candidates.is_day_before,
        candidates.moment_at,
        candidates.metric_number,
        case
            when cycles.ticket_number is not null then greatest(cycles.waiting_since, candidates.created_at)
            else candidates.created_at
        end as started_at,
        case
            when candidates.has_due_history then {{ parse_instant('filled.value') }}
            else candidates.stored_due_at
        end as due_at,
        case when candidates.has_status_history then statuses.status else candidates.stored_status end as status,
        case when candidates.has_status_history then statuses.changed_at else candidates.stored_ended_at end
            as written_at,
        case
            when newest_changes.due_number > coalesce(newest_changes.filled_number, 0)
                then newest_changes.emptied_at
        end as emptied_at,
        case
            when candidates.metric_number = {{ metrics.time_to_close }} then candidates.closed_at
            when candidates.metric_number = {{ metrics.first_response }}
                then coalesce(candidates.responded_at, candidates.closed_at)
            when cycles.ticket_number is null then candidates.closed_at
            when cycles.ended_at <= candidates.moment_at then greatest(cycles.ended_at, candidates.created_at)
            when candidates.closed_at is not null
                then greatest(cycles.waiting_since, candidates.created_at, candidates.closed_at)
        end as event_at,
        case
            when candidates.metric_number = {{ metrics.time_to_close }} then false
            when candidates.metric_number = {{ metrics.first_response }} then candidates.responded_at is null
            when cycles.ticket_number is null then true
            when cycles.ended_at <= candidates.moment_at then cycles.outcome = 'closed'
            else true
        end as is_unanswered,
        candidates.is_close_unknown
        and not (
            candidates.metric_number = {{ metrics.first_response }} and candidates.responded_at is not null
        )
        and cycles.ticket_number is null as is_end_unknown
    from candidates
    left join newest_changes
        on
            candidates.ticket_number = newest_changes.ticket_number
            and candidates.metric_number = newest_changes.metric_number
            and candidates.is_day_before = newest_changes.is_day_before
    left join changes as filled
        on
            filled.is_due
            and newest_changes.ticket_number = filled.ticket_number
            and newest_changes.metric_number = filled.metric_number
            and newest_changes.filled_number = filled.change_number
    left join changes as statuses
        on
            not statuses.is_due
            and newest_changes.ticket_number = statuses.ticket_number
            and newest_changes.metric_number = statuses.metric_number
            and newest_changes.status_number = statuses.change_number
    left join last_cycles
        on
            case when candidates.metric_number = {{ metrics.next_response }} then candidates.ticket_number end
            = last_cycles.ticket_number
            and candidates.is_day_before = last_cycles.is_day_before
    left join {{ ref('int_response_cycles') }} as cycles
        on
            last_cycles.ticket_number = cycles.ticket_number
            and last_cycles.cycle_number = cycles.cycle_number

),

-- A due time that was emptied while its clock ran removes the clock.
kept as (

    select * from described
    where
        (due_at is not null or status is not null)
        and (
            emptied_at is null
            or coalesce(status in {{ ended_sla_statuses() }}, false)
            or coalesce(emptied_at > event_at, false)
        )

)

select * from kept
