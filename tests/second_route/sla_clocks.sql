-- SLA clocks as they are at each of the two times, for R2, R5, R8 and S3. After common.sql and
-- business_time.sql.
--
-- Further properties of the simulated desk: policies have conditions only on pipeline, priority and
-- source, and are applied by ticket_sla_applied, not by the history.

create temp table clocks as
with closed_at_moments as (
    select moments.moment, runs.ticket_id, max(runs.closed_at) as closed_at
    from moments
    inner join closed_runs as runs
        on
            moments.moment_at >= runs.closed_at
            and (runs.reopened_at is null or moments.moment_at < runs.reopened_at)
    group by moments.moment, runs.ticket_id
),

cycles as (
    -- Cycles that open after the first response.
    select
        cycles.*,
        row_number() over (
            partition by cycles.ticket_id order by cycles.waiting_since
        ) as occurrence
    from response_cycles as cycles
    inner join first_responses as firsts
        on
            cycles.ticket_id = firsts.ticket_id
            and cycles.waiting_since > firsts.first_response_at
)

-- No clock runs while its ticket is closed. The first response ends its clock; a close without one
-- cancels it. A cycle that still waits on a ticket closed at that time is cancelled too, at
-- the close or, if it began later, at its start.
select
    moments.moment,
    tickets.ticket_id,
    'first_response' as metric,
    1 as occurrence,
    tickets.created_at as started_at,
    if(
        firsts.first_response_at <= moments.moment_at,
        firsts.first_response_at,
        closes.closed_at
    ) as ended_at,
    closes.closed_at is not null
    and coalesce(firsts.first_response_at > moments.moment_at, true) as is_cancelled
from moments
inner join tickets on moments.moment_at >= tickets.created_at
left join first_responses as firsts on tickets.ticket_id = firsts.ticket_id
left join closed_at_moments as closes
    on tickets.ticket_id = closes.ticket_id and moments.moment = closes.moment
where not tickets.is_outbound
union all
select
    moments.moment,
    cycles.ticket_id,
    'next_response',
    cycles.occurrence,
    cycles.waiting_since,
    case
        when cycles.ended_at <= moments.moment_at then cycles.ended_at
        when closes.closed_at is not null
            then greatest(cycles.waiting_since, closes.closed_at)
    end,
    if(
        cycles.ended_at <= moments.moment_at,
        cycles.outcome = 'closed',
        closes.closed_at is not null
    )
from moments
inner join cycles on moments.moment_at >= cycles.waiting_since
left join closed_at_moments as closes
    on cycles.ticket_id = closes.ticket_id and moments.moment = closes.moment
union all
select
    moments.moment,
    tickets.ticket_id,
    'time_to_close',
    1,
    tickets.created_at,
    closes.closed_at,
    false
from moments
inner join tickets on moments.moment_at >= tickets.created_at
left join closed_at_moments as closes
    on tickets.ticket_id = closes.ticket_id and moments.moment = closes.moment;

-- The target of each clock at as_of, for both times: the policy that was applied by the end of the
-- clock, else the first that matches the ticket as it was then, in the version valid at the start of
-- the clock.

create temp macro is_met(conditions, property, value) as
not json_exists(conditions, '$.' || property)
or coalesce(json_contains(json_extract(conditions, '$.' || property), to_json(value)), false);

create temp macro is_valid(valid_from, valid_to, moment) as
coalesce(cast(valid_from as timestamp), '-infinity') <= moment
and coalesce(cast(valid_to as timestamp), 'infinity') > moment;

create temp table clock_targets as
with ended as (
    select
        clocks.ticket_id,
        clocks.metric,
        clocks.occurrence,
        clocks.started_at,
        coalesce(clocks.ended_at, getvariable('as_of')) as seen_at,
        tickets.pipeline_id,
        tickets.source,
        priorities.value as priority
    from clocks
    inner join tickets on clocks.ticket_id = tickets.ticket_id
    inner join property_values as priorities
        on
            clocks.ticket_id = priorities.ticket_id
            and priorities.field = 'priority'
            and coalesce(clocks.ended_at, getvariable('as_of')) >= priorities.valid_from
            and coalesce(clocks.ended_at, getvariable('as_of')) < priorities.valid_to
    where clocks.moment = 'now'
),

applied as (
    select
        ended.ticket_id,
        ended.metric,
        ended.occurrence,
        arg_max(applied.policy_id, cast(applied.applied_at as timestamp)) as policy_id,
        max_by(
            {id: applied.schedule_id}, cast(applied.applied_at as timestamp)
        ).id as schedule_id
    from ended
    inner join raw.ticket_sla_applied as applied
        on
            ended.ticket_id = applied.ticket_id
            and ended.seen_at >= cast(applied.applied_at as timestamp)
    group by ended.ticket_id, ended.metric, ended.occurrence
),

matched as (
    select ended.ticket_id, ended.metric, ended.occurrence, policies.policy_id
    from ended
    inner join raw.sla_policies as policies
        on
            is_valid(policies.valid_from, policies.valid_to, ended.started_at)
            and is_met(policies.conditions, 'pipeline', ended.pipeline_id)
            and is_met(policies.conditions, 'priority', ended.priority)
            and is_met(policies.conditions, 'source', ended.source)
    qualify row_number() over (
        partition by ended.ticket_id, ended.metric, ended.occurrence
        order by cast(policies.rank as integer), policies.policy_id
    ) = 1
)

select
    ended.ticket_id,
    ended.metric,
    ended.occurrence,
    targets.policy_id,
    cast(targets.goal_seconds as bigint) as goal_seconds,
    cast(targets.due_soon_seconds as bigint) as due_soon_seconds,
    coalesce(applied.schedule_id, targets.schedule_id)
    || if(coalesce(cast(targets.holidays_apply as boolean), true), ' less holidays', '') as calendar
from ended
left join applied using (ticket_id, metric, occurrence)
left join matched using (ticket_id, metric, occurrence)
inner join raw.sla_targets as targets
    on
        coalesce(applied.policy_id, matched.policy_id) = targets.policy_id
        and ended.metric = targets.metric
        and (targets.priority is null or ended.priority = targets.priority)
        and is_valid(targets.valid_from, targets.valid_to, ended.started_at)
qualify row_number() over (
    partition by ended.ticket_id, ended.metric, ended.occurrence
    order by targets.priority is null, targets.valid_from desc nulls last
) = 1;

-- The time in which a clock runs: the status intervals of its ticket, without closed ones and
-- those that pause it.

create temp table clock_intervals as
select
    clocks.*,
    targets.goal_seconds,
    targets.due_soon_seconds,
    targets.calendar,
    moments.moment_second,
    intervals.interval_number,
    greatest(second_of(intervals.entered_at), second_of(clocks.started_at)) as from_second,
    least(
        coalesce(second_of(intervals.left_at), moments.moment_second),
        coalesce(second_of(clocks.ended_at), moments.moment_second)
    ) as to_second,
    coalesce(cast(statuses.pauses_sla as boolean), false)
    or exists (
        select 1
        from raw.sla_pause_statuses as pauses
        where
            pauses.policy_id = targets.policy_id
            and pauses.pipeline_id = statuses.pipeline_id
            and pauses.status_id = statuses.status_id
    )
    or intervals.state = 'closed' as is_pause,
    clocks.ended_at is null
    and (intervals.left_at is null or intervals.left_at > moments.moment_at) as is_current
from clocks
inner join clock_targets as targets using (ticket_id, metric, occurrence)
inner join moments on clocks.moment = moments.moment
inner join status_intervals as intervals
    on
        clocks.ticket_id = intervals.ticket_id
        and intervals.entered_at <= coalesce(clocks.ended_at, moments.moment_at)
        and (intervals.left_at is null or intervals.left_at >= clocks.started_at)
left join raw.statuses as statuses on intervals.status_id = statuses.status_id;

create temp table sla_clock_status as
with running as (
    select
        *,
        if(is_pause, 0, open_seconds(calendar, from_second, to_second)) as running_seconds
    from clock_intervals
),

counted as (
    select
        *,
        coalesce(sum(running_seconds) over (
            partition by moment, ticket_id, metric, occurrence order by interval_number
            rows between unbounded preceding and 1 preceding
        ), 0) as elapsed_before
    from running
),

elapsed as (
    select
        moment,
        ticket_id,
        metric,
        occurrence,
        ended_at,
        is_cancelled,
        goal_seconds,
        due_soon_seconds,
        calendar,
        moment_second,
        coalesce(second_of(ended_at), moment_second) as end_second,
        cast(sum(running_seconds) as bigint) as elapsed_seconds,
        bool_or(is_pause and is_current) as is_paused,
        -- The interval in which the goal was reached, and the seconds of it that were needed.
        arg_min(
            {
                from_second: from_second,
                needed: cast(goal_seconds - elapsed_before as bigint)
            },
            interval_number
        ) filter (elapsed_before + running_seconds >= goal_seconds) as reached
    from counted
    group by all
),

due as (
    select
        *,
        case
            when reached is not null
                then second_after(calendar, reached.from_second, reached.needed)
            -- The end of the pause is unknown.
            when is_paused then null
            -- As if it ran on from its end, or from that time.
            else second_after(calendar, end_second, goal_seconds - elapsed_seconds)
        end as due_second
    from elapsed
)

select
    *,
    case
        when is_cancelled then 'cancelled'
        when ended_at is not null and end_second <= due_second then 'completed_on_time'
        when ended_at is not null then 'completed_late'
        when due_second < moment_second then 'overdue'
        when is_paused then 'paused'
        when goal_seconds - elapsed_seconds <= due_soon_seconds then 'due_soon'
        else 'active'
    end as status
from due;

-- The clocks of each metric by the date they were due, under the filters of their reports.
create temp view due_clocks as
select
    clocks.metric,
    report_date_of(make_timestamp(clocks.due_second * 1000000)) as report_date,
    tickets.agent_key,
    tickets.team_key,
    tickets.channel_account_key,
    tickets.pipeline_key,
    tickets.company_key,
    count(*) as clock_count,
    count(*) filter (clocks.status = 'completed_on_time') as on_time_count,
    count(*) filter (clocks.status = 'completed_late') as late_count,
    count(*) filter (clocks.status = 'overdue') as overdue_count,
    count(*) filter (clocks.status in ('completed_on_time', 'completed_late', 'overdue'))
        as measured_count
from counted_tickets as tickets
inner join sla_clock_status as clocks using (ticket_id)
where clocks.moment = 'now' and clocks.due_second is not null
group by all;
