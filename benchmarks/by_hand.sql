-- The business-time work of the models, written by hand for this one desk: from the raw tables,
-- without validation, row versions or vendors. README.md lists the missing parts. Runs in the
-- warehouse, after the models.

create schema if not exists by_hand;

create temp macro epoch_second(moment) as
date_diff('second', timestamp '1970-01-01 00:00:00', moment);

-- Open seconds before a time, from its calendar row; without a calendar every second is open.
create temp macro open_before(moment, seconds_before, starts_at, closes_at) as
coalesce(seconds_before + least(moment, closes_at) - starts_at, moment);

create temp macro wall_second(zone, local_date, minutes) as
cast(epoch(timezone(zone, cast(local_date as timestamp) + to_minutes(minutes))) as bigint);

create temp macro listed(conditions, field) as
case json_type(conditions, '$.' || field)
    when 'ARRAY' then from_json(conditions -> field, '["VARCHAR"]')
    else [conditions ->> field]
end;

create temp table clock as
select as_of, epoch_second(as_of) as second from landing.builds;

-- Calendars: per schedule, with and without its holidays.

create temp table calendars as
select
    schedule_id,
    holidays_apply,
    cast(row_number() over (order by schedule_id, holidays_apply) as integer) as calendar_id
from (select distinct schedule_id from raw.business_hours)
cross join (values (true), (false)) as switches (holidays_apply);

create temp table dates as
select cast(unnest(generate_series(
    date_trunc('year', (select min(cast(created_at as timestamp)) from raw.tickets))
    - interval 2 day,
    date_trunc('year', as_of) + interval 4 year - interval 1 day,
    interval 1 day
)) as date) as local_date
from clock;

create temp table intervals as
with versions as (
    select
        schedule_id,
        valid_from,
        coalesce(cast(valid_from as date), date '0001-01-01') as from_date,
        lead(cast(valid_from as date), 1, date '9999-12-31') over (
            partition by schedule_id order by valid_from nulls first
        ) as to_date
    from (select distinct schedule_id, valid_from from raw.business_hours)
),

parts as (
    select
        hours.schedule_id,
        hours.timezone,
        dates.local_date as opening_date,
        dates.local_date + days_on as local_date,
        greatest(cast(hours.start_minute as integer), days_on * 1440) as start_minute,
        least(cast(hours.end_minute as integer), days_on * 1440 + 1440) as end_minute
    from raw.business_hours as hours
    inner join versions
        on
            hours.schedule_id = versions.schedule_id
            and hours.valid_from is not distinct from versions.valid_from
    inner join dates
        on
            cast(hours.weekday as integer) = isodow(dates.local_date)
            and dates.local_date >= versions.from_date
            and dates.local_date < versions.to_date
    cross join (values (0), (1), (2)) as offsets (days_on)
),

opened as (
    select
        calendars.calendar_id,
        wall_second(parts.timezone, parts.opening_date, parts.start_minute) as starts_at,
        wall_second(parts.timezone, parts.opening_date, parts.end_minute) as ends_at
    from parts
    inner join calendars on parts.schedule_id = calendars.schedule_id
    left join raw.holidays as holidays
        on
            parts.schedule_id = holidays.schedule_id
            and calendars.holidays_apply
            and parts.local_date between cast(holidays.start_date as date)
            and cast(coalesce(holidays.end_date, holidays.start_date) as date)
    where parts.start_minute < parts.end_minute and holidays.schedule_id is null
),

begun as (
    select
        *,
        max(ends_at) over (
            partition by calendar_id order by starts_at, ends_at
            rows between unbounded preceding and 1 preceding
        ) as open_until
    from opened
),

numbered as (
    select
        *,
        count(case when starts_at <= open_until then null else 1 end) over (
            partition by calendar_id order by starts_at, ends_at rows unbounded preceding
        ) as interval_number
    from begun
)

select calendar_id, min(starts_at) as starts_at, max(ends_at) as ends_at
from numbered
group by calendar_id, interval_number;

-- One row per calendar, UTC day and opening in it, and one for the closed start of the day.
create temp table calendar_days as
with utc_days as (
    select distinct epoch_second(cast(local_date as timestamp)) // 86400 + margin as day
    from dates
    cross join (values (-2), (0), (3)) as margins (margin)
),

pieces as (
    select
        intervals.calendar_id,
        utc_days.day,
        greatest(intervals.starts_at, utc_days.day * 86400) as starts_at,
        least(intervals.ends_at, utc_days.day * 86400 + 86400) as closes_at
    from intervals
    inner join utc_days
        on
            intervals.starts_at < utc_days.day * 86400 + 86400
            and intervals.ends_at > utc_days.day * 86400
),

pieces_and_starts as (
    select calendar_id, day, starts_at, max(closes_at) as closes_at
    from (
        select * from pieces
        union all
        select calendar_id, day, day * 86400, day * 86400 from calendars cross join utc_days
    )
    group by calendar_id, day, starts_at
)

select
    *,
    lead(starts_at, 1, day * 86400 + 86400) over (
        partition by calendar_id, day order by starts_at
    ) as ends_at,
    cast(sum(closes_at - starts_at) over (
        partition by calendar_id order by starts_at rows unbounded preceding
    ) as bigint) - (closes_at - starts_at) as seconds_before
from pieces_and_starts;

-- The same, by the open seconds before it, for due times.
create temp table calendar_totals as
select
    calendar_id,
    unnest(range(seconds_before // 86400, (seconds_before + length - 1) // 86400 + 1)) as bucket,
    starts_at,
    seconds_before,
    seconds_before + length as seconds_after
from (select *, closes_at - starts_at as length from calendar_days where closes_at > starts_at);

-- Tickets get a number, because joins and windows on numbers are cheaper than on text.

create temp table tickets as
select
    cast(row_number() over () as integer) as number,
    tickets.ticket_id,
    cast(tickets.created_at as timestamp) as created_at,
    cast(tickets.is_outbound as boolean) as is_outbound,
    tickets.pipeline_id,
    tickets.priority,
    tickets.source,
    tickets.status_id,
    calendars.calendar_id
from raw.tickets as tickets
left join raw.pipelines as pipelines on tickets.pipeline_id = pipelines.pipeline_id
left join calendars on pipelines.schedule_id = calendars.schedule_id and calendars.holidays_apply;

create temp table history as
select
    tickets.number,
    history.field,
    history.value,
    cast(history.changed_at as timestamp) as changed_at,
    cast(history.seq as integer) as seq
from raw.ticket_field_history as history
inner join tickets on history.ticket_id = tickets.ticket_id
where history.field in ('status', 'priority')
union all
select number, unnest(['status', 'priority']), unnest([status_id, priority]), created_at, 0
from tickets
where ticket_id not in (select ticket_id from raw.ticket_field_history);

create table by_hand.status_intervals as
with entered as (
    select number, value as status_id, changed_at, seq
    from history
    where field = 'status'
    qualify value is distinct from lag(value) over (
        partition by number order by changed_at, seq
    )
),

intervals as (
    select
        number,
        row_number() over in_order as interval_number,
        status_id,
        changed_at as entered_at,
        lead(changed_at) over in_order as left_at
    from entered
    window in_order as (partition by number order by changed_at, seq)
),

located as (
    select
        intervals.*,
        tickets.ticket_id,
        tickets.calendar_id,
        statuses.state,
        cast(statuses.pauses_sla as boolean) as is_pausing,
        epoch_second(intervals.entered_at) as entered_second,
        coalesce(epoch_second(intervals.left_at), clock.second) as left_second
    from intervals
    inner join tickets on intervals.number = tickets.number
    inner join raw.statuses as statuses on intervals.status_id = statuses.status_id
    cross join clock
)

select
    located.number,
    located.ticket_id,
    located.interval_number,
    located.status_id,
    located.state,
    located.is_pausing,
    located.entered_at,
    located.left_at,
    located.entered_second,
    located.left_second,
    case
        when located.state = 'closed' and located.left_at is null then null
        else located.left_second - located.entered_second
    end as duration_seconds,
    case
        when located.state = 'closed' and located.left_at is null then null
        else
            open_before(located.left_second, b.seconds_before, b.starts_at, b.closes_at)
            - open_before(located.entered_second, a.seconds_before, a.starts_at, a.closes_at)
    end as duration_business_seconds
from located
left join calendar_days as a
    on
        located.calendar_id = a.calendar_id
        and located.entered_second // 86400 = a.day
        and located.entered_second >= a.starts_at
        and located.entered_second < a.ends_at
left join calendar_days as b
    on
        located.calendar_id = b.calendar_id
        and located.left_second // 86400 = b.day
        and located.left_second >= b.starts_at
        and located.left_second < b.ends_at;

create temp table closes as
select number, entered_at as closed_at, left_at is null as is_open_ended
from by_hand.status_intervals
where state = 'closed'
qualify interval_number = 1 or lag(interval_number) over (
    partition by number order by interval_number
) is distinct from interval_number - 1;

-- The close that lasts.
create temp table last_closes as
select number, max(closed_at) as closed_at
from closes
where number in (
    select number from by_hand.status_intervals where left_at is null and state = 'closed'
)
group by number;

-- Messages, with the time since the oldest question without an answer, or since the last answer.
create table by_hand.messages as
with classified as (
    select
        tickets.number,
        tickets.ticket_id,
        tickets.calendar_id,
        messages.message_id,
        cast(messages.sent_at as timestamp) as sent_at,
        messages.author_id,
        messages.direction = 'incoming' and messages.author_type = 'customer'
            as is_customer_message,
        messages.direction = 'outgoing'
        and messages.author_type = 'agent'
        and messages.is_public = 'true'
        and messages.is_automated = 'false'
        and messages.delivery_status is distinct from 'failed'
        and messages.kind = 'message' as is_agent_response
    from raw.messages as messages
    inner join tickets on messages.ticket_id = tickets.ticket_id
),

ordered as (
    select
        *,
        count(case when is_agent_response then 1 end) over earlier as responses_before,
        max(case when is_agent_response then sent_at end) over earlier as last_response_at
    from classified
    window earlier as (
        partition by number order by sent_at, not is_customer_message, message_id
        rows between unbounded preceding and 1 preceding
    )
),

waited as (
    select
        *,
        epoch_second(sent_at) as sent_second,
        epoch_second(case
            when is_customer_message then last_response_at
            when is_agent_response
                then min(case when is_customer_message then sent_at end) over (
                    partition by number, responses_before
                )
        end) as since_second
    from ordered
)

select
    waited.number,
    waited.ticket_id,
    waited.message_id,
    waited.sent_at,
    waited.author_id,
    waited.is_customer_message,
    waited.is_agent_response,
    waited.sent_second - waited.since_second as seconds_since_last_response,
    case
        when waited.since_second is not null
            then
                open_before(waited.sent_second, b.seconds_before, b.starts_at, b.closes_at)
                - open_before(waited.since_second, a.seconds_before, a.starts_at, a.closes_at)
    end as business_seconds_since_last_response
from waited
left join calendar_days as a
    on
        waited.calendar_id = a.calendar_id
        and waited.since_second // 86400 = a.day
        and waited.since_second >= a.starts_at
        and waited.since_second < a.ends_at
left join calendar_days as b
    on
        waited.calendar_id = b.calendar_id
        and waited.sent_second // 86400 = b.day
        and waited.sent_second >= b.starts_at
        and waited.sent_second < b.ends_at;

create table by_hand.response_cycles as
with events as (
    select
        number,
        sent_at as happened_at,
        if(is_customer_message, 0, 1) as event_rank,
        message_id,
        author_id
    from by_hand.messages
    where is_customer_message or is_agent_response
    union all
    select number, closed_at, 2, '', null from closes
),

grouped as (
    select
        *,
        count(case when event_rank > 0 then 1 end) over (
            partition by number order by happened_at, event_rank, message_id
            rows between unbounded preceding and 1 preceding
        ) as group_number
    from events
),

cycles as (
    select
        number,
        group_number,
        min(case when event_rank = 0 then happened_at end) as waiting_since,
        max(case when event_rank > 0 then happened_at end) as ended_at,
        case max(event_rank) when 0 then 'waiting' when 1 then 'responded' else 'closed' end
            as outcome,
        count(case when event_rank = 0 then 1 end) as customer_message_count,
        max(case when event_rank = 1 then author_id end) as agent_id
    from grouped
    group by number, group_number
    having min(event_rank) = 0
),

-- A wait on a closed ticket ended with the close, or as it began.
ended as (
    select
        cycles.* replace (
            case
                when cycles.outcome = 'waiting' and last_closes.closed_at is not null
                    then greatest(cycles.waiting_since, last_closes.closed_at)
                else cycles.ended_at
            end as ended_at,
            if(last_closes.closed_at is not null and cycles.outcome = 'waiting', 'closed', cycles.outcome)
                as outcome
        )
    from cycles
    left join last_closes on cycles.number = last_closes.number
),

located as (
    select
        ended.*,
        tickets.ticket_id,
        tickets.calendar_id,
        epoch_second(ended.waiting_since) as since_second,
        coalesce(epoch_second(ended.ended_at), clock.second) as end_second
    from ended
    inner join tickets on ended.number = tickets.number
    cross join clock
)

select
    located.number,
    located.ticket_id,
    row_number() over (partition by located.number order by located.group_number) as cycle_number,
    located.waiting_since,
    located.ended_at,
    located.outcome,
    located.customer_message_count,
    located.agent_id,
    located.end_second - located.since_second as wait_seconds,
    open_before(located.end_second, b.seconds_before, b.starts_at, b.closes_at)
    - open_before(located.since_second, a.seconds_before, a.starts_at, a.closes_at)
        as wait_business_seconds
from located
left join calendar_days as a
    on
        located.calendar_id = a.calendar_id
        and located.since_second // 86400 = a.day
        and located.since_second >= a.starts_at
        and located.since_second < a.ends_at
left join calendar_days as b
    on
        located.calendar_id = b.calendar_id
        and located.end_second // 86400 = b.day
        and located.end_second >= b.starts_at
        and located.end_second < b.ends_at;

create table by_hand.first_responses as
with firsts as (
    select
        tickets.number,
        any_value(tickets.ticket_id) as ticket_id,
        any_value(tickets.calendar_id) as calendar_id,
        min(messages.sent_at) as first_response_at,
        epoch_second(any_value(tickets.created_at)) as created_second,
        epoch_second(min(messages.sent_at)) as response_second
    from by_hand.messages as messages
    inner join tickets on messages.number = tickets.number
    where
        messages.is_agent_response
        and not tickets.is_outbound
        and messages.sent_at >= tickets.created_at
    group by tickets.number
)

select
    firsts.number,
    firsts.ticket_id,
    firsts.first_response_at,
    firsts.response_second - firsts.created_second as first_response_seconds,
    open_before(firsts.response_second, b.seconds_before, b.starts_at, b.closes_at)
    - open_before(firsts.created_second, a.seconds_before, a.starts_at, a.closes_at)
        as first_response_business_seconds
from firsts
left join calendar_days as a
    on
        firsts.calendar_id = a.calendar_id
        and firsts.created_second // 86400 = a.day
        and firsts.created_second >= a.starts_at
        and firsts.created_second < a.ends_at
left join calendar_days as b
    on
        firsts.calendar_id = b.calendar_id
        and firsts.response_second // 86400 = b.day
        and firsts.response_second >= b.starts_at
        and firsts.response_second < b.ends_at;

-- SLA clocks.

create temp table eras as
select
    row_number() over (order by boundary_at) as era,
    boundary_at,
    lead(boundary_at, 1, timestamp '9999-12-31 00:00:00') over (order by boundary_at) as next_at
from (
    select timestamp '0001-01-01 00:00:00' as boundary_at
    union
    select cast(unnest([valid_from, valid_to]) as timestamp) from raw.sla_policies
    union
    select cast(unnest([valid_from, valid_to]) as timestamp) from raw.sla_targets
)
where boundary_at is not null;

create temp table runs as
with lives as (
    select
        tickets.*,
        firsts.first_response_at,
        last_closes.closed_at
    from tickets
    left join by_hand.first_responses as firsts on tickets.number = firsts.number
    left join last_closes on tickets.number = last_closes.number
),

started as (
    select
        number,
        'first_response' as metric,
        1 as occurrence,
        created_at as started_at,
        coalesce(first_response_at, closed_at) as ended_at,
        first_response_at is null and closed_at is not null as is_cancelled
    from lives
    where not is_outbound
    union all
    select number, 'time_to_close', 1, created_at, closed_at, false from lives
    union all
    select
        cycles.number,
        'next_response',
        row_number() over (partition by cycles.number order by cycles.cycle_number),
        cycles.waiting_since,
        cycles.ended_at,
        cycles.outcome = 'closed'
    from by_hand.response_cycles as cycles
    inner join by_hand.first_responses as firsts
        on
            cycles.number = firsts.number
            and cycles.waiting_since > firsts.first_response_at
),

priorities as (
    select
        number,
        value as priority,
        if(row_number() over in_order = 1, timestamp '0001-01-01 00:00:00', changed_at)
            as valid_from,
        lead(changed_at, 1, timestamp '9999-12-31 00:00:00') over in_order as valid_to
    from history
    where field = 'priority'
    window in_order as (partition by number order by changed_at, seq)
)

select
    started.*,
    tickets.ticket_id,
    tickets.pipeline_id,
    tickets.source,
    coalesce(priorities.priority, '') as priority,
    eras.era,
    epoch_second(started.started_at) as start_second,
    coalesce(epoch_second(started.ended_at), clock.second) as end_second
from started
cross join clock
inner join tickets on started.number = tickets.number
inner join priorities
    on
        started.number = priorities.number
        and coalesce(started.ended_at, clock.as_of) >= priorities.valid_from
        and coalesce(started.ended_at, clock.as_of) < priorities.valid_to
inner join eras on started.started_at >= eras.boundary_at and started.started_at < eras.next_at;

-- All tickets share few combinations of properties.
create temp table policy_of as
with combinations as (
    select distinct pipeline_id, priority, source, era from runs
)

select
    combinations.*,
    arg_min(policies.policy_id, cast(policies.rank as integer)) as policy_id
from combinations
inner join eras on combinations.era = eras.era
inner join raw.sla_policies as policies
    on
        eras.boundary_at
        >= coalesce(cast(policies.valid_from as timestamp), timestamp '0001-01-01 00:00:00')
        and eras.boundary_at
        < coalesce(cast(policies.valid_to as timestamp), timestamp '9999-12-31 00:00:00')
where
    not json_exists(policies.conditions, '$.team')
    and not json_exists(policies.conditions, '$.channel')
    and (
        not json_exists(policies.conditions, '$.pipeline')
        or list_contains(listed(policies.conditions, 'pipeline'), combinations.pipeline_id)
    )
    and (
        not json_exists(policies.conditions, '$.priority')
        or list_contains(listed(policies.conditions, 'priority'), combinations.priority)
    )
    and (
        not json_exists(policies.conditions, '$.source')
        or list_contains(listed(policies.conditions, 'source'), combinations.source)
    )
group by all;

create temp table target_of as
select
    targets.policy_id,
    targets.metric,
    eras.era,
    priorities.priority,
    arg_min(
        {
            goal_seconds: cast(targets.goal_seconds as bigint),
            due_soon_seconds: cast(targets.due_soon_seconds as bigint),
            schedule_id: targets.schedule_id,
            holidays_apply: coalesce(cast(targets.holidays_apply as boolean), true)
        },
        targets.priority is null
    ) as target
from raw.sla_targets as targets
inner join eras
    on
        eras.boundary_at
        >= coalesce(cast(targets.valid_from as timestamp), timestamp '0001-01-01 00:00:00')
        and eras.boundary_at
        < coalesce(cast(targets.valid_to as timestamp), timestamp '9999-12-31 00:00:00')
inner join (select distinct priority from runs) as priorities
    on coalesce(targets.priority, priorities.priority) = priorities.priority
group by targets.policy_id, targets.metric, eras.era, priorities.priority;

create temp table targeted as
with with_target as (
    select
        runs.*,
        coalesce(applied.policy_id, policy_of.policy_id) as policy_id,
        target_of.target.goal_seconds as goal_seconds,
        target_of.target.due_soon_seconds as due_soon_seconds,
        calendars.calendar_id
    from runs
    left join policy_of
        on
            runs.pipeline_id = policy_of.pipeline_id
            and runs.priority = policy_of.priority
            and runs.source = policy_of.source
            and runs.era = policy_of.era
    left join raw.ticket_sla_applied as applied
        on
            runs.ticket_id = applied.ticket_id
            and runs.end_second >= epoch_second(cast(applied.applied_at as timestamp))
    inner join target_of
        on
            coalesce(applied.policy_id, policy_of.policy_id) = target_of.policy_id
            and runs.metric = target_of.metric
            and runs.era = target_of.era
            and runs.priority = target_of.priority
    left join calendars
        on
            coalesce(applied.schedule_id, target_of.target.schedule_id) = calendars.schedule_id
            and target_of.target.holidays_apply = calendars.holidays_apply
)

select
    row_number() over () as clock_number,
    with_target.*,
    open_before(with_target.start_second, a.seconds_before, a.starts_at, a.closes_at)
        as open_at_start,
    open_before(with_target.end_second, b.seconds_before, b.starts_at, b.closes_at)
        as open_at_end
from with_target
left join calendar_days as a
    on
        with_target.calendar_id = a.calendar_id
        and with_target.start_second // 86400 = a.day
        and with_target.start_second >= a.starts_at
        and with_target.start_second < a.ends_at
left join calendar_days as b
    on
        with_target.calendar_id = b.calendar_id
        and with_target.end_second // 86400 = b.day
        and with_target.end_second >= b.starts_at
        and with_target.end_second < b.ends_at;

create temp table pauses as
with standstills as (
    select
        intervals.number,
        intervals.interval_number,
        intervals.entered_at,
        intervals.left_at,
        intervals.entered_second,
        intervals.left_second,
        intervals.is_pausing,
        intervals.state = 'closed' as is_closed,
        listing.policies
    from by_hand.status_intervals as intervals
    left join (
        select status_id, list(distinct policy_id) as policies
        from raw.sla_pause_statuses
        group by status_id
    ) as listing on intervals.status_id = listing.status_id
    where intervals.is_pausing or intervals.state = 'closed' or listing.policies is not null
),

cut as (
    select
        targeted.clock_number,
        targeted.calendar_id,
        targeted.goal_seconds,
        targeted.open_at_start,
        standstills.interval_number,
        targeted.ended_at is null and standstills.left_at is null as is_lasting,
        greatest(standstills.entered_second, targeted.start_second) as pause_second,
        least(standstills.left_second, targeted.end_second) as resume_second
    from targeted
    inner join standstills on targeted.number = standstills.number
    where
        standstills.entered_second <= targeted.end_second
        and standstills.left_second >= targeted.start_second
        and (
            standstills.is_pausing
            or standstills.is_closed
            or list_contains(standstills.policies, targeted.policy_id)
        )
),

counted as (
    select
        cut.*,
        open_before(cut.pause_second, a.seconds_before, a.starts_at, a.closes_at)
            as open_at_pause,
        open_before(cut.resume_second, b.seconds_before, b.starts_at, b.closes_at)
            as open_at_resume
    from cut
    left join calendar_days as a
        on
            cut.calendar_id = a.calendar_id
            and cut.pause_second // 86400 = a.day
            and cut.pause_second >= a.starts_at
            and cut.pause_second < a.ends_at
    left join calendar_days as b
        on
            cut.calendar_id = b.calendar_id
            and cut.resume_second // 86400 = b.day
            and cut.resume_second >= b.starts_at
            and cut.resume_second < b.ends_at
),

ran as (
    select
        *,
        open_at_resume - open_at_pause as paused_seconds,
        open_at_pause - open_at_start - coalesce(
            sum(open_at_resume - open_at_pause) over (
                partition by clock_number order by interval_number
                rows between unbounded preceding and 1 preceding
            ),
            0
        ) < goal_seconds as is_before_goal
    from counted
)

select
    clock_number,
    cast(sum(paused_seconds) as bigint) as paused_seconds,
    cast(coalesce(sum(paused_seconds) filter (is_before_goal), 0) as bigint) as paused_before_goal,
    bool_or(is_lasting) as is_paused,
    bool_or(is_lasting and is_before_goal) as has_no_due
from ran
group by clock_number;

create table by_hand.sla_clocks as
with elapsed as (
    select
        targeted.*,
        targeted.open_at_end - targeted.open_at_start - coalesce(pauses.paused_seconds, 0)
            as elapsed_seconds,
        targeted.open_at_start + targeted.goal_seconds + coalesce(pauses.paused_before_goal, 0)
            as open_at_due,
        coalesce(pauses.is_paused, false) as is_paused,
        coalesce(pauses.has_no_due, false) as has_no_due
    from targeted
    left join pauses on targeted.clock_number = pauses.clock_number
),

with_due as (
    select
        elapsed.*,
        case
            when elapsed.has_no_due then null
            when elapsed.calendar_id is null then elapsed.open_at_due
            else totals.starts_at + elapsed.open_at_due - totals.seconds_before
        end as due_second
    from elapsed
    left join calendar_totals as totals
        on
            elapsed.calendar_id = totals.calendar_id
            and (elapsed.open_at_due - 1) // 86400 = totals.bucket
            and elapsed.open_at_due > totals.seconds_before
            and elapsed.open_at_due <= totals.seconds_after
)

select
    with_due.number,
    with_due.ticket_id,
    with_due.metric,
    with_due.occurrence,
    with_due.policy_id,
    with_due.goal_seconds,
    with_due.started_at,
    with_due.ended_at,
    make_timestamp(with_due.due_second * 1000000) as due_at,
    with_due.elapsed_seconds,
    case
        when with_due.is_cancelled then 'cancelled'
        when with_due.ended_at is not null and with_due.end_second > with_due.due_second
            then 'completed_late'
        when with_due.ended_at is not null then 'completed_on_time'
        when with_due.due_second < clock.second then 'overdue'
        when with_due.is_paused then 'paused'
        when with_due.goal_seconds - with_due.elapsed_seconds <= with_due.due_soon_seconds
            then 'due_soon'
        else 'active'
    end as status
from with_due
cross join clock;
