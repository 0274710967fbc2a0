{#- The status of SLA clocks: the rows of `clocks`, with the columns of int_sla_clock_targets, and the elapsed time,
    due time and status of each. The status is that at `decided_at`: the end of the clock or, while it runs, as_of or
    an earlier time. Later events, even the end of a pause, have no effect. -#}
{% macro sla_clock_status(clocks) %}
{%- set paused_states = sla_metrics() -%}
with

pauses_of_tickets as (

    select * from {{ ref('int_sla_pause_intervals') }}

),

-- The pauses of each clock, cut to its start and end. A pause from the end of the clock on has zero length.
pauses as (

    select
        clocks.clock_number,
        clocks.calendar_id,
        clocks.changing_ticket_number,
        clocks.holidays_apply,
        clocks.goal_seconds,
        clocks.open_at_start,
        pauses_of_tickets.interval_number,
        clocks.ended_at is null
        and coalesce(pauses_of_tickets.left_at, {{ end_of_time() }}) > clocks.decided_at as is_lasting,
        greatest({{ epoch_seconds('pauses_of_tickets.entered_at') }}, clocks.start_epoch)
            as pause_epoch,
        least(
            coalesce({{ epoch_seconds('pauses_of_tickets.left_at') }}, clocks.end_epoch),
            clocks.end_epoch
        ) as resume_epoch
    from {{ clocks }} as clocks
    inner join pauses_of_tickets
        on
            clocks.ticket_number = pauses_of_tickets.ticket_number
            and pauses_of_tickets.entered_at <= clocks.decided_at
            and pauses_of_tickets.entered_at < coalesce(clocks.ended_at, {{ end_of_time() }})
            and coalesce(pauses_of_tickets.left_at, {{ end_of_time() }}) > clocks.started_at
            and case
                {%- for state in ['pending', 'on_hold'] %}
                when pauses_of_tickets.metrics_state = '{{ state }}'
                    then
                        clocks.metric in (
                            {%- for metric, states in paused_states.items() if state in states %}
                            '{{ metric }}',
                            {%- endfor %}
                            ''
                        )
                        and not coalesce(
                            {{ values_include('pauses_of_tickets.listing_policies', 'clocks.policy_id') }}, false
                        )
                        and not coalesce(
                            {{ values_include('pauses_of_tickets.own_listing_policies', 'clocks.policy_id') }}, false
                        )
                {%- endfor %}
                else
                    pauses_of_tickets.policy_id is null
                    or clocks.policy_id = pauses_of_tickets.policy_id
            end

),

measured_pauses as (

    select
        pauses.clock_number,
        pauses.interval_number,
        pauses.goal_seconds,
        pauses.is_lasting,
        {{ open_seconds_before('at_pause', 'pauses.pause_epoch') }}
        + coalesce(pause_schedules.open_offset, 0) - pauses.open_at_start as open_at_pause,
        {{ open_seconds_before('at_resume', 'pauses.resume_epoch') }}
        + coalesce(resume_schedules.open_offset, 0)
        - {{ open_seconds_before('at_pause', 'pauses.pause_epoch') }}
        - coalesce(pause_schedules.open_offset, 0) as paused_seconds
    from pauses
    {{ own_schedule_join('pause_schedules', 'pauses', 'pauses.pause_epoch') }}
    {{ own_schedule_join('resume_schedules', 'pauses', 'pauses.resume_epoch') }}
    {{ calendar_join(
        'at_pause', 'coalesce(pause_schedules.calendar_id, pauses.calendar_id)', 'pauses.pause_epoch'
    ) }}
    {{ calendar_join(
        'at_resume', 'coalesce(resume_schedules.calendar_id, pauses.calendar_id)', 'pauses.resume_epoch'
    ) }}

),

-- True if the clock had reached its goal when a pause began: such a pause does not change the due time.
accumulated_pauses as (

    select
        clock_number,
        interval_number,
        is_lasting,
        paused_seconds,
        open_at_pause - coalesce(
            sum(paused_seconds) over (
                partition by clock_number
                order by interval_number
                rows between unbounded preceding and 1 preceding
            ),
            0
        ) < goal_seconds as is_short_of_goal
    from measured_pauses

),

pause_totals as (

    select
        clock_number,
        {{ json_list_of('interval_number') }} as paused_intervals,
        cast(sum(paused_seconds) as bigint) as paused_seconds,
        cast(
            sum(case when is_short_of_goal then paused_seconds else 0 end) as bigint
        ) as paused_before_goal,
        bool_or(is_lasting) as is_paused,
        bool_or(is_lasting and is_short_of_goal) as is_paused_short_of_goal
    from accumulated_pauses
    group by clock_number

),

elapsed as (

    select
        clocks.*,
        clocks.open_at_end - clocks.open_at_start - coalesce(pause_totals.paused_seconds, 0)
            as elapsed_seconds,
        clocks.open_at_start + clocks.goal_seconds + coalesce(pause_totals.paused_before_goal, 0)
            as open_at_due,
        pause_totals.paused_intervals,
        coalesce(pause_totals.is_paused, false) as is_paused,
        coalesce(pause_totals.is_paused_short_of_goal, false) as has_no_due
    from {{ clocks }} as clocks
    left join pause_totals
        on clocks.clock_number = pause_totals.clock_number

),

-- The schedule of the ticket in which the goal is reached. If that is after decided_at, the schedule at decided_at,
-- because later changes have no effect.
placed as (

    select
        elapsed.*,
        case
            when due_schedules.ticket_number is not null then due_schedules.calendar_id
            when elapsed.changing_ticket_number is not null then elapsed.end_calendar_id
            else elapsed.calendar_id
        end as due_calendar_id,
        elapsed.open_at_due - case
            when due_schedules.ticket_number is not null then due_schedules.open_offset
            when elapsed.changing_ticket_number is not null then elapsed.end_open_offset
            else 0
        end as calendar_open_at_due
    from elapsed
    left join {{ ref('int_sla_ticket_schedules') }} as due_schedules
        on
            case when elapsed.open_at_due <= elapsed.open_at_end then elapsed.changing_ticket_number end
            = due_schedules.ticket_number
            and elapsed.holidays_apply = due_schedules.holidays_apply
            and elapsed.open_at_due > due_schedules.open_from
            and elapsed.open_at_due <= due_schedules.open_to

),

with_due as (

    select
        placed.*,
        case
            when placed.goal_seconds = 0 then placed.start_epoch
            when not placed.has_no_due
                then {{ due_epoch_second('at_due', 'placed.due_calendar_id', 'placed.calendar_open_at_due') }}
        end as due_epoch
    from placed
    {{ due_join('at_due', 'placed.due_calendar_id', 'placed.calendar_open_at_due') }}

)

select
    with_due.clock_number,
    with_due.ticket_number,
    with_due.metric,
    with_due.occurrence,
    with_due.is_first_close,
    with_due.policy_id,
    with_due.target_number,
    with_due.is_applied_target,
    with_due.applied_schedule_id,
    with_due.end_calendar_id,
    with_due.is_in_ticket_schedule,
    with_due.goal_seconds,
    with_due.due_soon_seconds,
    with_due.calendar_id,
    with_due.changing_ticket_number,
    with_due.holidays_apply,
    with_due.started_at,
    with_due.ended_at,
    {{ instant_of_epoch('with_due.due_epoch') }} as due_at,
    with_due.elapsed_seconds,
    with_due.paused_intervals,
    with_due.start_epoch,
    with_due.open_at_start,
    with_due.ended_at is null and with_due.is_paused as is_paused,
    case
        when with_due.is_cancelled then 'cancelled'
        when with_due.ended_at is not null and with_due.end_epoch > with_due.due_epoch
            then 'completed_late'
        when with_due.ended_at is not null then 'completed_on_time'
        when with_due.due_epoch < with_due.end_epoch then 'overdue'
        when with_due.is_paused then 'paused'
        when with_due.goal_seconds - with_due.elapsed_seconds <= with_due.due_soon_seconds
            then 'due_soon'
        else 'active'
    end as status
from with_due
{% endmacro %}
