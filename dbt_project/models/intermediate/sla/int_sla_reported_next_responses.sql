{{ config(materialized='view') }}

{%- set metrics = reported_sla_metrics() -%}
with

candidates as (

    select * from {{ ref('int_sla_reported_candidates') }}
    where metric_number = {{ metrics.next_response }} and has_due_history

),

changes as (

    select * from {{ ref('int_sla_reported_changes') }}
    where metric_number = {{ metrics.next_response }}

),

due_changes as (

    select
        ticket_number,
        changed_at,
        change_number,
        value
    from changes
    where is_due and value is distinct from previous_value

),

statuses as (

    select * from changes
    where not is_due

),

tickets as (

    select distinct ticket_number
    from due_changes

),

-- A response, a status that has ended, a close, or an empty due time ends a clock.
ends as (

    select
        ticket_number,
        sent_at as happened_at,
        false as is_unanswered
    from {{ ref('int_messages_ordered') }}
    where is_agent_response
    union all
    select
        ticket_number,
        changed_at as happened_at,
        false as is_unanswered
    from statuses
    where status in {{ ended_sla_statuses() }}
    union all
    select
        ticket_number,
        happened_at,
        true as is_unanswered
    from {{ ref('int_ticket_closes') }}
    where transition = 'close'
    union all
    select
        ticket_number,
        changed_at as happened_at,
        true as is_unanswered
    from due_changes
    where value is null

),

ends_numbered as (

    select
        ends.ticket_number,
        ends.happened_at,
        ends.is_unanswered,
        row_number() over (
            partition by ends.ticket_number order by ends.happened_at, ends.is_unanswered
        ) as end_number
    from ends
    inner join tickets
        on ends.ticket_number = tickets.ticket_number

),

ends_before as (

    select
        due_changes.ticket_number,
        due_changes.change_number,
        count(*) as end_count
    from due_changes
    inner join ends_numbered
        on
            due_changes.ticket_number = ends_numbered.ticket_number
            and due_changes.changed_at >= ends_numbered.happened_at
    group by due_changes.ticket_number, due_changes.change_number

),

due_times as (

    select
        due_changes.ticket_number,
        due_changes.changed_at,
        due_changes.change_number,
        due_changes.value,
        coalesce(ends_before.end_count, 0) as end_count
    from due_changes
    left join ends_before
        on
            due_changes.ticket_number = ends_before.ticket_number
            and due_changes.change_number = ends_before.change_number
    where due_changes.value is not null

),

-- A due time that is set while no clock runs starts the next one; the others change its due time.
occurrences as (

    select
        ticket_number,
        end_count,
        min(changed_at) as begun_at,
        row_number() over (partition by ticket_number order by end_count) as occurrence,
        coalesce(
            lead(min(changed_at)) over (partition by ticket_number order by end_count),
            {{ end_of_time() }}
        ) as next_begun_at
    from due_times
    group by ticket_number, end_count

),

begun as (

    select
        candidates.ticket_number,
        candidates.source_system,
        candidates.is_day_before,
        candidates.moment_at,
        candidates.created_at,
        candidates.closed_at,
        candidates.is_close_unknown,
        occurrences.occurrence,
        occurrences.end_count,
        occurrences.begun_at,
        occurrences.next_begun_at
    from occurrences
    inner join candidates
        on
            occurrences.ticket_number = candidates.ticket_number
            and occurrences.begun_at <= candidates.moment_at

),

newest_due_times as (

    select
        begun.ticket_number,
        begun.is_day_before,
        begun.occurrence,
        max(due_times.change_number) as change_number
    from begun
    inner join due_times
        on
            begun.ticket_number = due_times.ticket_number
            and begun.end_count = due_times.end_count
            and begun.moment_at >= due_times.changed_at
    group by begun.ticket_number, begun.is_day_before, begun.occurrence

),

newest_statuses as (

    select
        begun.ticket_number,
        begun.is_day_before,
        begun.occurrence,
        coalesce(
            max(case when statuses.status in {{ ended_sla_statuses() }} then statuses.change_number end),
            max(statuses.change_number)
        ) as change_number
    from begun
    inner join statuses
        on
            begun.ticket_number = statuses.ticket_number
            and begun.begun_at <= statuses.changed_at
            and begun.next_begun_at > statuses.changed_at
            and begun.moment_at >= statuses.changed_at
    group by begun.ticket_number, begun.is_day_before, begun.occurrence

),

with_end as (

    select
        begun.*,
        coalesce(ends_numbered.happened_at, begun.closed_at) as end_at,
        coalesce(ends_numbered.is_unanswered, true) as is_unanswered
    from begun
    left join ends_numbered
        on
            begun.ticket_number = ends_numbered.ticket_number
            and begun.end_count + 1 = ends_numbered.end_number
            and begun.moment_at >= ends_numbered.happened_at

),

described as (

    select
        with_end.ticket_number,
        with_end.source_system,
        with_end.is_day_before,
        with_end.moment_at,
        with_end.occurrence,
        greatest(with_end.begun_at, with_end.created_at) as started_at,
        {{ parse_instant('due_times.value') }} as due_at,
        statuses.status,
        statuses.changed_at as written_at,
        case
            when with_end.end_at is not null
                then greatest(with_end.end_at, with_end.begun_at, with_end.created_at)
        end as event_at,
        with_end.is_unanswered,
        with_end.is_close_unknown and with_end.end_at is null as is_end_unknown
    from with_end
    inner join newest_due_times
        on
            with_end.ticket_number = newest_due_times.ticket_number
            and with_end.is_day_before = newest_due_times.is_day_before
            and with_end.occurrence = newest_due_times.occurrence
    inner join due_times
        on
            newest_due_times.ticket_number = due_times.ticket_number
            and newest_due_times.change_number = due_times.change_number
    left join newest_statuses
        on
            with_end.ticket_number = newest_statuses.ticket_number
            and with_end.is_day_before = newest_statuses.is_day_before
            and with_end.occurrence = newest_statuses.occurrence
    left join statuses
        on
            newest_statuses.ticket_number = statuses.ticket_number
            and newest_statuses.change_number = statuses.change_number

)

select * from described
