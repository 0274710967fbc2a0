-- The part of a simulated desk that Zendesk can represent, in the shape of the file contract. `simulated` is the schema
-- of the simulated desk. docs/zendesk.md lists the differences.
-- Zendesk has whole seconds, so every time is truncated to one.

create macro of_second(instant) as date_trunc('second', instant);

create macro via(kind) as case kind
    when 'form' then 'web' when 'phone' then 'voice' else kind end;

-- Spam is marked and deleted; a deleted ticket keeps its row and loses its history.
create table gone as
select ticket_id from simulated.tickets where is_spam or is_deleted
union
select "key" from simulated.deletions where "table" = 'tickets';

create table pipelines as
select pipeline_id, name, display_order, '901' as schedule_id from simulated.pipelines;

-- Statuses belong to the account: five custom ones, in the categories of the built-in ones.
create table statuses as
select status_id::varchar as status_id, null::varchar as pipeline_id, name, state, display_order
from (
    values
        ('101', 'New', 'open', 1), ('102', 'Waiting on us', 'open', 2),
        ('103', 'Waiting on contact', 'pending', 3), ('104', 'On hold', 'on_hold', 4),
        ('105', 'Closed', 'closed', 5)
) as own(status_id, name, state, display_order)
union all
select *
from (
    values
        ('new', null, 'New', 'open', 1), ('open', null, 'Open', 'open', 2),
        ('pending', null, 'Pending', 'pending', 3), ('hold', null, 'On-hold', 'on_hold', 4),
        ('solved', null, 'Solved', 'closed', 5), ('closed', null, 'Closed', 'closed', 6),
        ('deleted', null, 'Deleted', 'closed', 7)
) as built_in;

create macro own_status(status_id) as (100 + status_id::integer % 100)::varchar;

create macro own_priority(priority) as case priority when 'medium' then 'normal' else priority end;

-- The help desk closes tickets that have been solved for 28 days. After that, nothing can change.
create table closings as
select tickets.ticket_id, of_second(tickets.reported_closed_at) + interval 28 day as closed_at
from simulated.tickets as tickets
where
    tickets.status_id::integer % 100 = 5
    and tickets.ticket_id not in (select gone.ticket_id from gone)
    and tickets.reported_closed_at + interval 28 day < (select max(updated_at) from simulated.tickets);

create table channel_accounts as
select
    case channels.kind
        when 'email' then lower(replace(accounts.name, ' ', '.')) || '@desk.example'
        when 'phone' then '+49301' || accounts.channel_account_id
        else 'brand:' || accounts.channel_account_id
    end as channel_account_id,
    case channels.kind when 'email' then 'email' when 'phone' then 'voice' end as channel_id,
    accounts.name,
    accounts.channel_account_id as simulated_id
from simulated.channel_accounts as accounts
inner join simulated.channels as channels on accounts.channel_id = channels.channel_id;

-- Texts of people in a chat are messages of the chat. Programs and notes are comments there too.
create table chats as
select distinct messages.ticket_id
from simulated.messages as messages
inner join simulated.tickets as tickets on messages.ticket_id = tickets.ticket_id
where
    via(tickets.source) = 'chat' and messages.author_type in ('customer', 'agent')
    and messages.is_public and not messages.is_automated
    and messages.ticket_id not in (select gone.ticket_id from gone);

create table tickets as
select
    tickets.ticket_id,
    of_second(tickets.created_at) as created_at,
    greatest(of_second(tickets.updated_at), closings.closed_at) as updated_at,
    tickets.pipeline_id,
    case
        when gone.ticket_id is not null then 'deleted'
        when closings.ticket_id is not null then 'closed'
        else own_status(tickets.status_id)
    end as status_id,
    own_priority(tickets.priority) as priority,
    case
        when tickets.category = 'bug' then 'problem'
        when tickets.category = 'outage' then 'incident'
        when tickets.category in ('invoice', 'refund') then 'task'
        else 'question'
    end as category,
    via(tickets.source) as source,
    tickets.agent_id,
    tickets.team_id,
    tickets.company_id,
    coalesce(tickets.contact_id, '8000000') as contact_id,
    via(tickets.source) as channel_id,
    accounts.channel_account_id,
    tickets.is_outbound and via(tickets.source) <> 'chat' as is_outbound,
    via(tickets.source) = 'chat'
    and tickets.ticket_id not in (select chats.ticket_id from chats) as is_conversation_unknown,
    gone.ticket_id is not null as is_deleted,
    case when gone.ticket_id is null then tickets.merged_into_id end as merged_into_id,
    of_second(tickets.reported_closed_at) as reported_closed_at
from simulated.tickets as tickets
left join gone on tickets.ticket_id = gone.ticket_id
left join closings on tickets.ticket_id = closings.ticket_id
left join channel_accounts as accounts on tickets.channel_account_id = accounts.simulated_id;

alter table channel_accounts drop simulated_id;

-- Every ticket has an audit of its creation. Tickets that were simulated without history have only that.
create table ticket_field_history as
with bare as (
    select * from (
        select
            ticket_id,
            of_second(created_at) as created_at,
            own_status(status_id) as status,
            agent_id as agent,
            team_id as team,
            own_priority(priority) as priority
        from simulated.tickets
        where ticket_id not in (select history.ticket_id from simulated.ticket_field_history as history)
    ) unpivot include nulls (value for field in (status, agent, team, priority))
),
changes as (
    select
        ticket_id,
        field,
        of_second(changed_at) as changed_at,
        seq,
        case field
            when 'status' then own_status(value) when 'priority' then own_priority(value) else value
        end as value
    from simulated.ticket_field_history
    union all
    select ticket_id, field, created_at, 0, value from bare
    union all
    select ticket_id, 'pipeline', created_at, -2, pipeline_id from tickets
    union all
    select ticket_id, 'schedule', created_at, -1, '902' from tickets where pipeline_id = '2'
    union all
    select ticket_id, 'status', closed_at, 1000000, 'closed' from closings
),
history as (
    select
        *,
        row_number() over of_field > 1 and lag(value) over of_field is not distinct from value as is_repeated
    from changes
    where ticket_id not in (select gone.ticket_id from gone)
    window of_field as (partition by ticket_id, field order by changed_at, seq)
)
select ticket_id, field, changed_at, seq, value from history where not is_repeated;

-- Zendesk has neither deliveries nor welcome messages: they are ordinary comments. Messages of an
-- integration are private comments of the system.
create table messages as
select
    case
        when said.is_chat then 'chat:' || messages.ticket_id || ':' || messages.message_id
        else messages.message_id
    end as message_id,
    messages.ticket_id,
    of_second(messages.sent_at) as sent_at,
    case messages.author_type when 'customer' then 'incoming' else 'outgoing' end as direction,
    case messages.author_type when 'integration' then 'system' else messages.author_type end as author_type,
    case messages.author_type
        when 'customer' then coalesce(messages.author_id, '8000000')
        when 'agent' then messages.author_id
    end as author_id,
    messages.is_public,
    messages.is_automated,
    case
        when said.is_chat then 'chat'
        when messages.author_type = 'customer' then via(channels.kind)
        when messages.author_type = 'agent' and not messages.is_automated then 'web'
    end as channel_id,
    case when messages.is_public then 'message' else 'internal_comment' end as kind
from simulated.messages as messages
inner join simulated.channels as channels on messages.channel_id = channels.channel_id
cross join lateral (
    select
        messages.ticket_id in (select chats.ticket_id from chats)
        and messages.author_type in ('customer', 'agent')
        and messages.is_public and not messages.is_automated as is_chat
) as said
where messages.ticket_id not in (select gone.ticket_id from gone);

create table sla_policies as
select
    policy_id,
    name,
    rank,
    case name
        when 'Urgent' then '{"priority": ["high", "urgent"]}'
        when 'Billing' then '{"pipeline": ["2"], "priority": ["normal", "high", "urgent"]}'
        else '{"channel": ["email", "chat", "web"]}'
    end as conditions
from simulated.sla_policies
where valid_to is null;

-- A target is for one metric and priority. It runs around the clock or in the ticket's schedule. For the close,
-- Standard measures requester wait time, Urgent agent work time, Billing the resolution.
create table sla_targets as
select
    targets.policy_id,
    case
        when targets.metric <> 'time_to_close' then targets.metric
        when policies.name = 'Standard' then 'requester_wait'
        when policies.name = 'Urgent' then 'agent_work'
        else targets.metric
    end as metric,
    priorities.priority,
    arg_max(targets.goal_seconds, targets.priority is not null) as goal_seconds,
    case when arg_max(targets.schedule_id is not null, targets.priority is not null) then 'ticket' end as schedule_id,
    true as holidays_apply
from simulated.sla_targets as targets
inner join sla_policies as policies on targets.policy_id = policies.policy_id
cross join (values ('low'), ('normal'), ('high'), ('urgent')) as priorities(priority)
where
    targets.valid_to is null
    and (targets.priority is null or own_priority(targets.priority) = priorities.priority)
group by targets.policy_id, targets.metric, policies.name, priorities.priority;

-- Zendesk records the applied target of each metric: here the one of normal priority. The policy itself is known from
-- the time of its change.
create table ticket_sla_applied as
with applied as (
    select
        applied.ticket_id,
        of_second(applied.applied_at) as applied_at,
        applied.policy_id,
        lag(applied.policy_id) over (partition by applied.ticket_id order by applied.applied_at) as previous_policy_id
    from simulated.ticket_sla_applied as applied
    where
        applied.ticket_id not in (select gone.ticket_id from gone)
        and applied.policy_id in (select targets.policy_id from sla_targets as targets)
)
select
    applied.ticket_id, applied.applied_at, targets.policy_id, targets.metric, targets.goal_seconds, targets.schedule_id
from applied
inner join sla_targets as targets on applied.policy_id = targets.policy_id and targets.priority = 'normal'
union all
select ticket_id, applied_at, policy_id, null, null, null
from applied
where policy_id is distinct from previous_policy_id;

-- One version of each schedule, with windows until midnight at most. The oldest is the account's default.
create table business_hours as
with latest as (
    select * from simulated.business_hours
    qualify coalesce(valid_from, date '1970-01-01')
        = max(coalesce(valid_from, date '1970-01-01')) over (partition by schedule_id)
)
select
    schedule_id, weekday, start_minute, least(end_minute, 1440) as end_minute, timezone, schedule_id = '901' as is_default
from latest
union all
select schedule_id, weekday % 7 + 1, 0, end_minute - 1440, timezone, schedule_id = '901'
from latest
where end_minute > 1440;

create table holidays as
select schedule_id, start_date, coalesce(end_date, start_date) as end_date, name from simulated.holidays;

create table agents as select agent_id, name, email, is_active from simulated.agents;

create table teams as from simulated.teams;

create table agent_teams as
select agent_id, team_id, is_primary from simulated.agent_teams where valid_to is null;

-- Zendesk has only the current availability of agents.
create table agent_availability as
select agent_id, of_second(started_at) as started_at, status, coalesce(reason, 'online') as reason
from simulated.agent_availability
where ended_at is null;

create table companies as from simulated.companies;

create table contacts as
select contact_id, company_id, name, email from simulated.contacts
union all
select '8000000', null, 'Somebody', null
union all
-- Everyone who can ask for help, including agents.
select agent_id, null, name, email from simulated.agents;

create table channels as
select *
from (
    values
        ('email', 'Email', 'email'),
        ('web', 'Web form', 'form'),
        ('voice', 'Phone', 'phone'),
        ('mobile', 'Mobile app', 'other'),
        ('mobile_sdk', 'Mobile SDK', 'form'),
        ('web_widget', 'Web widget', 'form'),
        ('help_center', 'Help centre', 'form'),
        ('api', 'API', 'other'),
        ('sms', 'Text message', 'phone'),
        ('facebook', 'Facebook', 'social'),
        ('twitter', 'X (Twitter)', 'social'),
        ('any_channel', 'Channel app', 'other'),
        ('sample_ticket', 'Sample ticket', 'other'),
        ('closed_ticket', 'Follow-up', 'other'),
        ('side_conversation', 'Side conversation', 'other'),
        ('chat', 'Chat', 'chat'),
        ('native_messaging', 'Messaging', 'chat'),
        ('messaging', 'Messaging (other)', 'chat'),
        ('whatsapp', 'WhatsApp', 'chat'),
        ('line', 'LINE', 'chat'),
        ('wechat', 'WeChat', 'chat'),
        ('viber', 'Viber', 'chat'),
        ('telegram', 'Telegram', 'chat'),
        ('kakaotalk', 'KakaoTalk', 'chat'),
        ('apple_business_chat', 'Apple Messages', 'chat'),
        ('google_business_messages', 'Google Business Messages', 'chat'),
        ('google_rcs', 'Google RCS', 'chat'),
        ('sunshine_conversations_api', 'Conversations API', 'chat'),
        ('sunshine_conversations_facebook_messenger', 'Facebook Messenger', 'chat'),
        ('sunshine_conversations_twitter_dm', 'X direct message', 'social'),
        ('business_messaging_slack_connect', 'Slack', 'chat'),
        ('twilio_sms', 'Twilio text message', 'chat'),
        ('messagebird_sms', 'MessageBird text message', 'chat'),
        ('instagram_dm', 'Instagram', 'social'),
        ('twitter_dm', 'X direct message (other)', 'social')
) as channels(channel_id, name, kind);

create table calls as
select
    call_id, ticket_id, agent_id, of_second(started_at) as started_at, direction, outcome, duration_seconds
from simulated.calls;

-- Satisfaction is good or bad. There are no surveys of effort and recommendation.
create table surveys as
select 'csat' as survey_id, 'Satisfaction rating' as name, 'csat' as kind, 0 as scale_min, 1 as scale_max;

create table survey_responses as
select
    responses.response_id,
    'csat' as survey_id,
    responses.ticket_id,
    coalesce(responses.contact_id, '8000000') as contact_id,
    responses.agent_id,
    of_second(responses.sent_at) as sent_at,
    of_second(responses.responded_at) as responded_at,
    case when responses.score >= 4 then 1 when responses.score is not null then 0 end as score,
    responses.comment
from simulated.survey_responses as responses
inner join simulated.surveys as surveys
    on responses.survey_id = surveys.survey_id and surveys.kind = 'csat';
