-- Shared by the second routes: the raw tables of a landed desk, typed, as of one time.
--
-- Written from the rules alone, for the simulated desk, whose data has properties that a warehouse
-- cannot rely on: every row meets the contract, has one version and known references; the history knows status,
-- agent, team and priority, and no change before creation; tickets stay in their pipeline, whose
-- statuses are its own; no two openings of a schedule overlap; high scores of surveys are good.
--
-- Parameters are variables: `as_of` (a UTC timestamp) and `report_timezone`.

create temp macro key_of(id) as coalesce('generic:' || id, 'unknown');

-- Durations are differences of whole seconds.
create temp macro second_of(moment) as cast(floor(epoch(moment)) as bigint);

create temp macro local_time(moment) as
timezone(getvariable('report_timezone'), timezone('UTC', moment));

create temp macro utc_time(wall_time) as
timezone('UTC', timezone(getvariable('report_timezone'), wall_time));

create temp macro report_date_of(moment) as cast(local_time(moment) as date);

-- The two times of the summary page: as_of, and the same clock time on the local date before.
create temp table moments as
select
    moment,
    moment_at,
    second_of(moment_at) as moment_second,
    utc_time(date_trunc('day', local_time(moment_at))) as midnight_at
from (
    values
    ('now', getvariable('as_of')),
    ('before', utc_time(local_time(getvariable('as_of')) - interval 1 day))
) as both_moments (moment, moment_at);

-- Owners' teams.

create temp table agent_teams as
select agent_id, arg_max(team_id, coalesce(cast(valid_from as timestamp), '-infinity')) as team_id
from raw.agent_teams
where
    cast(is_primary as boolean)
    and coalesce(cast(valid_from as timestamp), '-infinity') <= getvariable('as_of')
    and coalesce(cast(valid_to as timestamp), 'infinity') > getvariable('as_of')
group by agent_id;

-- Tickets, merged, spam and deleted ones too.

create temp table tickets as
select
    tickets.ticket_id,
    cast(tickets.created_at as timestamp) as created_at,
    tickets.pipeline_id,
    tickets.status_id,
    tickets.priority,
    tickets.category,
    tickets.source,
    tickets.agent_id,
    tickets.team_id,
    tickets.company_id,
    tickets.channel_id,
    tickets.channel_account_id,
    cast(tickets.reported_closed_at as timestamp) as reported_closed_at,
    coalesce(cast(tickets.is_outbound as boolean), false) as is_outbound,
    coalesce(cast(tickets.is_spam as boolean), false)
    or coalesce(cast(tickets.is_deleted as boolean), false)
    or tickets.merged_into_id is not null
    or tickets.ticket_id in (
        select key
        from raw.deletions
        where "table" = 'tickets' and cast(deleted_at as timestamp) <= getvariable('as_of')
    ) as is_excluded,
    pipelines.schedule_id || ' less holidays' as calendar
from raw.tickets as tickets
left join raw.pipelines as pipelines using (pipeline_id)
where cast(tickets.created_at as timestamp) <= getvariable('as_of');

-- Each property's values: the last change at or before a time counts. The first value also counts before
-- its change; without any change the ticket's own value counts at all times.

create temp table property_values as
with changes as (
    select
        history.ticket_id,
        history.field,
        history.value,
        cast(history.changed_at as timestamp) as changed_at,
        cast(history.seq as integer) as seq
    from raw.ticket_field_history as history
    semi join tickets on history.ticket_id = tickets.ticket_id
    where cast(history.changed_at as timestamp) <= getvariable('as_of')
),

own_values as (
    select
        ticket_id,
        unnest(['status', 'agent', 'team', 'priority']) as field,
        unnest([status_id, agent_id, team_id, priority]) as value,
        created_at as changed_at,
        0 as seq
    from tickets
),

-- A closed ticket without history closed at the time that the help desk reports, and was in an unknown
-- status before. The desk has no ticket without a reported close time.
reported_closes as (
    select tickets.ticket_id, 'status' as field, tickets.created_at, tickets.reported_closed_at
    from tickets
    inner join raw.statuses as statuses
        on tickets.status_id = statuses.status_id and statuses.state = 'closed'
    anti join changes on tickets.ticket_id = changes.ticket_id and changes.field = 'status'
),

known as (
    select * from changes
    union all
    select
        own_values.ticket_id,
        own_values.field,
        own_values.value,
        coalesce(reported_closes.reported_closed_at, own_values.changed_at),
        own_values.seq
    from own_values
    anti join changes using (ticket_id, field)
    left join reported_closes using (ticket_id, field)
    union all
    select ticket_id, field, '(not known)', created_at, 0 from reported_closes
)

select
    *,
    if(row_number() over in_order = 1, '-infinity', changed_at) as valid_from,
    lead(changed_at, 1, 'infinity') over in_order as valid_to
from known
window in_order as (partition by ticket_id, field order by changed_at, seq);

-- The tickets that count, with their dimensions at as_of.

create temp table counted_tickets as
with latest as (
    select
        ticket_id,
        max(value) filter (field = 'agent') as agent_id,
        max(value) filter (field = 'team') as team_id,
        max(value) filter (field = 'priority') as priority
    from property_values
    where valid_to = 'infinity'
    group by ticket_id
)

select
    tickets.ticket_id,
    tickets.created_at,
    tickets.category,
    tickets.calendar,
    tickets.company_id,
    latest.agent_id,
    latest.priority,
    key_of(tickets.channel_id) as channel_key,
    key_of(latest.agent_id) as agent_key,
    key_of(coalesce(latest.team_id, agent_teams.team_id)) as team_key,
    key_of(tickets.channel_account_id) as channel_account_key,
    key_of(tickets.pipeline_id) as pipeline_key,
    key_of(tickets.company_id) as company_key
from tickets
inner join latest using (ticket_id)
left join agent_teams on latest.agent_id = agent_teams.agent_id
where not tickets.is_excluded;

-- Status intervals.

create temp table status_intervals as
with entries as (
    select ticket_id, value as status_id, changed_at as entered_at, seq
    from property_values
    where field = 'status'
    qualify value is distinct from lag(value) over (
        partition by ticket_id order by changed_at, seq
    )
)

select
    entries.ticket_id,
    entries.status_id,
    coalesce(statuses.state, 'unknown') as state,
    lag(entries.status_id, 1, '') over by_entry = '(not known)' as is_reported,
    entries.entered_at,
    lead(entries.entered_at) over by_entry as left_at,
    row_number() over by_entry as interval_number,
    statuses.state = 'closed' and lag(statuses.state, 1, '') over by_entry is distinct from 'closed'
        as is_close,
    statuses.state <> 'closed' and lag(statuses.state, 1, '') over by_entry = 'closed'
        as is_reopen
from entries
left join raw.statuses as statuses using (status_id)
window by_entry as (partition by entries.ticket_id order by entries.entered_at, entries.seq);

-- Closed runs, from a close to the next reopening, which can be at the same time.

create temp table closed_runs as
select
    closes.ticket_id,
    closes.entered_at as closed_at,
    min_by(reopens.entered_at, reopens.interval_number) as reopened_at,
    lead(closes.entered_at) over (
        partition by closes.ticket_id order by closes.interval_number
    ) as next_closed_at
from status_intervals as closes
left join status_intervals as reopens
    on
        closes.ticket_id = reopens.ticket_id
        and closes.interval_number < reopens.interval_number
        and reopens.is_reopen
where closes.is_close
group by closes.ticket_id, closes.interval_number, closes.entered_at;

create temp table closed_tickets as
select tickets.*, closed_runs.closed_at
from counted_tickets as tickets
inner join closed_runs using (ticket_id)
where closed_runs.reopened_at is null;

-- Messages and their authors.

create temp table messages as
select
    messages.message_id,
    messages.ticket_id,
    cast(messages.sent_at as timestamp) as sent_at,
    messages.author_id,
    messages.author_type = 'bot' as is_bot_message,
    messages.direction = 'incoming'
    and messages.author_type = 'customer'
    and not coalesce(cast(messages.is_automated as boolean), false) as is_customer_message,
    messages.direction = 'outgoing'
    and messages.author_type = 'agent'
    and coalesce(cast(messages.is_public as boolean), true)
    and not coalesce(cast(messages.is_automated as boolean), false)
    and coalesce(messages.delivery_status, '') <> 'failed'
    and messages.kind not in ('welcome', 'welcome_message', 'comment', 'internal_comment')
        as is_agent_response
from raw.messages as messages
semi join tickets on messages.ticket_id = tickets.ticket_id
where cast(messages.sent_at as timestamp) <= getvariable('as_of');

-- A ticket can be made from a conversation: the wait begins with its first question.

create temp table first_responses as
with starts as (
    select
        tickets.ticket_id,
        least(tickets.created_at, min(asked.sent_at)) as started_at
    from tickets
    left join messages as asked
        on tickets.ticket_id = asked.ticket_id and asked.is_customer_message
    group by tickets.ticket_id, tickets.created_at
)

select tickets.ticket_id, starts.started_at, min(messages.sent_at) as first_response_at
from tickets
inner join starts using (ticket_id)
inner join messages
    on
        tickets.ticket_id = messages.ticket_id
        and messages.is_agent_response
        and messages.sent_at >= starts.started_at
where not tickets.is_outbound
group by tickets.ticket_id, starts.started_at;

-- Response cycles: the customer messages before the same response or close are one wait. At the same
-- time messages come before responses, and responses before a close. On a ticket that is closed at as_of
-- no wait lasts: a message after the close ends its wait as it begins.

create temp table response_cycles as
with enders as (
    select
        ticket_id, sent_at as ended_at, 'responded' as outcome, author_id as agent_id, message_id
    from messages
    where is_agent_response
    union all
    select ticket_id, closed_at, 'closed', null, null
    from closed_runs
),

first_enders as (
    select * from enders
    qualify row_number() over (
        partition by ticket_id, ended_at order by outcome = 'closed', message_id
    ) = 1
),

waits as (
    select
        asked.ticket_id,
        min(asked.sent_at) as waiting_since,
        first_enders.ended_at,
        first_enders.outcome,
        first_enders.agent_id
    from messages as asked
    asof left join first_enders
        on asked.ticket_id = first_enders.ticket_id and asked.sent_at <= first_enders.ended_at
    where asked.is_customer_message
    group by asked.ticket_id, first_enders.ended_at, first_enders.outcome, first_enders.agent_id
)

select
    waits.ticket_id,
    waits.waiting_since,
    -- greatest ignores nulls, so a missing close needs a case of its own.
    coalesce(
        waits.ended_at,
        if(runs.closed_at is null, null, greatest(waits.waiting_since, runs.closed_at))
    ) as ended_at,
    coalesce(waits.outcome, if(runs.closed_at is null, 'waiting', 'closed')) as outcome,
    waits.agent_id
from waits
left join closed_runs as runs
    on waits.ticket_id = runs.ticket_id and waits.ended_at is null and runs.reopened_at is null;

-- Surveys sent by as_of. Later answers are left out.

create temp table surveys as
select
    survey_id,
    kind,
    cast(scale_min as double) as scale_min,
    cast(scale_max as double) as scale_max
from raw.surveys;

create temp table survey_responses as
select
    response_id,
    survey_id,
    ticket_id,
    contact_id,
    agent_id,
    cast(sent_at as timestamp) as sent_at,
    case
        when cast(responded_at as timestamp) <= getvariable('as_of')
            then cast(responded_at as timestamp)
    end as responded_at,
    case
        when cast(responded_at as timestamp) <= getvariable('as_of') then cast(score as double)
    end as score,
    coalesce(ticket_id in (select ticket_id from tickets where is_excluded), false) as is_excluded
from raw.survey_responses
where cast(coalesce(sent_at, responded_at) as timestamp) <= getvariable('as_of');
