with

builds as (

    select
        day_before_at,
        day_before_date
    from {{ ref('stg_landing__builds') }}

),

-- A local date is shorter than two days. This plain comparison skips the other conditions for most clocks.
clocks as (

    select
        evaluated.*,
        builds.day_before_at,
        builds.day_before_date
    from {{ ref('int_sla_clock_status') }} as evaluated
    cross join builds
    where
        not evaluated.is_first_close
        and evaluated.started_at <= builds.day_before_at
        and coalesce(evaluated.ended_at, {{ end_of_time() }})
        > builds.day_before_at - interval 2 day

),

-- The run of closed statuses that included that time.
closes as (

    select
        listed.ticket_number,
        listed.happened_at as closed_at
    from {{ ref('int_ticket_closes') }} as listed
    cross join builds
    where
        listed.transition = 'close'
        and listed.happened_at <= builds.day_before_at
        and coalesce(listed.after_at, {{ end_of_time() }}) > builds.day_before_at

),

-- The end of a clock is final, except for a ticket that was closed then and reopened later.
ended_by_then as (

    select
        ticket_number,
        metric,
        occurrence,
        ended_at,
        day_before_date,
        status
    from clocks
    where ended_at <= day_before_at

),

-- Closed at an unknown time.
closed_at_unknown_time as (

    select ticket_number
    from {{ ref('int_ticket_lifecycles') }}
    where status_state = 'closed' and closed_at is null

),

not_ended_by_then as (

    select
        clocks.clock_number,
        clocks.ticket_number,
        clocks.metric,
        clocks.occurrence,
        clocks.is_first_close,
        clocks.policy_id,
        clocks.target_number,
        clocks.is_applied_target,
        clocks.applied_schedule_id,
        clocks.is_in_ticket_schedule,
        clocks.goal_seconds,
        clocks.due_soon_seconds,
        clocks.calendar_id,
        clocks.changing_ticket_number,
        clocks.holidays_apply,
        clocks.started_at,
        clocks.start_epoch,
        clocks.open_at_start,
        clocks.day_before_at,
        clocks.day_before_date,
        case
            when closes.closed_at is not null then greatest(clocks.started_at, closes.closed_at)
        end as ended_at,
        clocks.metric in ('first_response', 'next_response')
        and closes.closed_at is not null as is_cancelled
    from clocks
    left join closes
        on clocks.ticket_number = closes.ticket_number
    left join closed_at_unknown_time
        on clocks.ticket_number = closed_at_unknown_time.ticket_number
    where
        coalesce(clocks.ended_at, {{ end_of_time() }}) > clocks.day_before_at
        and closed_at_unknown_time.ticket_number is null

),

decided as (

    select
        *,
        coalesce(ended_at, day_before_at) as decided_at,
        {{ epoch_seconds('coalesce(ended_at, day_before_at)') }} as end_epoch
    from not_ended_by_then

),

counted as (

    select
        decided.*,
        {{ open_seconds_before('at_end', 'decided.end_epoch') }}
        + coalesce(end_schedules.open_offset, 0) as open_at_end,
        coalesce(end_schedules.calendar_id, decided.calendar_id) as end_calendar_id,
        coalesce(end_schedules.open_offset, 0) as end_open_offset
    from decided
    {{ own_schedule_join(
        'end_schedules', 'decided', 'decided.decided_at', ('valid_from', 'valid_to')
    ) }}
    {{ calendar_join(
        'at_end', 'coalesce(end_schedules.calendar_id, decided.calendar_id)', 'decided.end_epoch'
    ) }}

),

evaluated_then as (

    {{ sla_clock_status('counted') }}

),

stood as (

    select * from ended_by_then
    union all
    select
        evaluated_then.ticket_number,
        evaluated_then.metric,
        evaluated_then.occurrence,
        evaluated_then.ended_at,
        builds.day_before_date,
        evaluated_then.status
    from evaluated_then
    cross join builds

),

of_the_day as (

    select
        ticket_number,
        metric,
        occurrence,
        status
    from stood
    where ended_at is null or {{ report_date('ended_at') }} = day_before_date

)

select * from of_the_day
