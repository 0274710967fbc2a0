{#- How SLA clocks stand: the rows of `clocks`, of the columns of int_sla_clocks_targeted, with how long each
    ran, when it is due and its status. A clock is judged at its `decided_at`, its end or, while it runs,
    any moment: as_of or an earlier one. What came after that moment, even the end of a pause, is not
    known there. -#}
{% macro judged_clocks(clocks) %}
with

standstills as (

    select * from {{ ref('int_sla_standstills_found') }}

),

-- The parts of a clock's life in which it stands still, cut to that life; once, where a stay both
-- is closed and pauses the policy.
pauses as (

    select distinct
        clocks.ticket_number,
        clocks.metric,
        clocks.occurrence,
        clocks.is_first_close,
        clocks.calendar_id,
        clocks.goal_seconds,
        clocks.open_at_start,
        standstills.spell_number,
        clocks.ended_at is null
        and coalesce(standstills.left_at, {{ end_of_time() }}) > clocks.decided_at as is_lasting,
        greatest({{ epoch_seconds('standstills.entered_at') }}, clocks.start_epoch)
            as pause_epoch,
        least(
            coalesce({{ epoch_seconds('standstills.left_at') }}, clocks.end_epoch),
            clocks.end_epoch
        ) as resume_epoch
    from {{ clocks }} as clocks
    inner join standstills
        on
            clocks.ticket_number = standstills.ticket_number
            and (standstills.policy_id is null or clocks.policy_id = standstills.policy_id)
            and (not standstills.is_closed_only or clocks.metric = 'time_to_close')
            and standstills.entered_at <= clocks.decided_at
            and (standstills.left_at is null or standstills.left_at > clocks.started_at)

),

measured_pauses as (

    select
        pauses.*,
        {{ open_seconds_before('at_pause', 'pauses.pause_epoch') }} as open_at_pause,
        {{ open_seconds_before('at_resume', 'pauses.resume_epoch') }} as open_at_resume
    from pauses
    {{ calendar_join('at_pause', 'pauses.calendar_id', 'pauses.pause_epoch') }}
    {{ calendar_join('at_resume', 'pauses.calendar_id', 'pauses.resume_epoch') }}

),

-- How far the clock had run when each pause began: pauses after the goal do not move the due time.
accumulated_pauses as (

    select
        *,
        open_at_resume - open_at_pause as paused_seconds,
        open_at_pause - open_at_start - coalesce(
            sum(open_at_resume - open_at_pause) over (
                partition by ticket_number, metric, occurrence, is_first_close
                order by spell_number
                rows between unbounded preceding and 1 preceding
            ),
            0
        ) as ran_before
    from measured_pauses

),

pause_totals as (

    select
        ticket_number,
        metric,
        occurrence,
        is_first_close,
        cast(sum(paused_seconds) as bigint) as paused_seconds,
        cast(
            sum(case when ran_before < goal_seconds then paused_seconds else 0 end) as bigint
        ) as paused_before_goal,
        bool_or(is_lasting) as is_paused,
        bool_or(is_lasting and ran_before < goal_seconds) as is_paused_short_of_goal
    from accumulated_pauses
    group by ticket_number, metric, occurrence, is_first_close

),

elapsed as (

    select
        clocks.*,
        clocks.open_at_end - clocks.open_at_start - coalesce(pause_totals.paused_seconds, 0)
            as elapsed_seconds,
        clocks.open_at_start + clocks.goal_seconds + coalesce(pause_totals.paused_before_goal, 0)
            as open_at_due,
        coalesce(pause_totals.is_paused, false) as is_paused,
        coalesce(pause_totals.is_paused_short_of_goal, false) as has_no_due
    from {{ clocks }} as clocks
    left join pause_totals
        on
            clocks.ticket_number = pause_totals.ticket_number
            and clocks.metric = pause_totals.metric
            and clocks.occurrence = pause_totals.occurrence
            and clocks.is_first_close = pause_totals.is_first_close

),

with_due as (

    select
        elapsed.*,
        case
            when elapsed.goal_seconds = 0 then elapsed.start_epoch
            when not elapsed.has_no_due
                then {{ due_epoch_second('at_due', 'elapsed.calendar_id', 'elapsed.open_at_due') }}
        end as due_epoch
    from elapsed
    {{ due_join('at_due', 'elapsed.calendar_id', 'elapsed.open_at_due') }}

)

select
    with_due.ticket_number,
    with_due.metric,
    with_due.occurrence,
    with_due.is_first_close,
    with_due.policy_id,
    with_due.goal_seconds,
    with_due.due_soon_seconds,
    with_due.calendar_id,
    with_due.started_at,
    with_due.ended_at,
    {{ instant_of_epoch('with_due.due_epoch') }} as due_at,
    with_due.elapsed_seconds,
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
