-- The part of a simulated desk that HubSpot can represent, in the shape of the file contract. `simulated` is the schema of the
-- simulated desk. docs/hubspot.md lists the differences.

create schema expressible;

-- A deleted ticket has the time of its deletion, but no customer. Spam is a conversation, not a ticket:
-- a ticket without a message cannot be spam.
create table expressible.tickets as
with gone as (
    select "key" as ticket_id, deleted_at from simulated.deletions
    union all
    select ticket_id, updated_at from simulated.tickets where is_deleted
)
select
    tickets.* exclude (company_id, contact_id) replace (
        coalesce(gone.deleted_at, tickets.updated_at) as updated_at,
        gone.ticket_id is not null as is_deleted,
        tickets.is_spam
        and tickets.ticket_id in (select ticket_id from simulated.messages) as is_spam
    ),
    'Ticket ' || tickets.ticket_id as subject,
    'https://app-eu1.hubspot.com/contacts/4242/record/0-5/' || tickets.ticket_id as url,
    case when gone.ticket_id is null then tickets.company_id end as company_id,
    case when gone.ticket_id is null then tickets.contact_id end as contact_id
from simulated.tickets
left join gone using (ticket_id);

-- Changes are ordered within a property, not between properties. The pipeline is a property too.
create table expressible.ticket_field_history as
select
    * replace (
        row_number() over (partition by ticket_id, field, changed_at order by seq) - 1 as seq
    )
from simulated.ticket_field_history
union all by name
select ticket_id, 'pipeline' as field, created_at as changed_at, 0 as seq, pipeline_id as value
from simulated.tickets
where ticket_id in (select ticket_id from simulated.ticket_field_history);

-- Only comments are not public.
create table expressible.messages as
select * replace (kind <> 'comment' as is_public) from simulated.messages;

-- HubSpot's stages do not say whether they pause an SLA.
create table expressible.statuses as
select * exclude (pauses_sla) from simulated.statuses;

create table expressible.sla_pause_statuses as
select policy_id, pipeline_id, status_id from simulated.sla_pause_statuses
union
select policies.policy_id, statuses.pipeline_id, statuses.status_id
from (select distinct policy_id from simulated.sla_policies) as policies
cross join simulated.statuses
where statuses.pauses_sla;

-- Only the current teams.
create table expressible.agents as
from simulated.agents;

create table expressible.agent_teams as
select agent_id, team_id, is_primary from simulated.agent_teams where valid_to is null;

-- Only answered surveys, without time of sending and agent.
create table expressible.survey_responses as
select * exclude (sent_at, agent_id) from simulated.survey_responses where responded_at is not null;

-- HubSpot has no reasons for being away, so consecutive intervals with different reasons become one.
create table expressible.agent_availability as
with marked as (
    select
        *,
        status = lag(status) over agent_intervals
        and started_at = lag(ended_at) over agent_intervals as is_same
    from simulated.agent_availability
    window agent_intervals as (partition by agent_id order by started_at)
),
numbered as (
    select
        *,
        count(case when not coalesce(is_same, false) then 1 end) over (
            partition by agent_id order by started_at
        ) as interval_number
    from marked
)
select
    agent_id,
    min(started_at) as started_at,
    case when count(ended_at) = count(*) then max(ended_at) end as ended_at,
    any_value(status) as status
from numbered
group by agent_id, interval_number;

-- Everything else is unchanged.
create table expressible.pipelines as from simulated.pipelines;
create table expressible.teams as from simulated.teams;
create table expressible.companies as
select *, 'https://app-eu1.hubspot.com/contacts/4242/record/0-2/' || company_id as url
from simulated.companies;
create table expressible.contacts as
select *, 'https://app-eu1.hubspot.com/contacts/4242/record/0-1/' || contact_id as url
from simulated.contacts;
create table expressible.channels as from simulated.channels;
create table expressible.channel_accounts as from simulated.channel_accounts;
create table expressible.calls as from simulated.calls;
create table expressible.surveys as from simulated.surveys;
create table expressible.ticket_sla_applied as from simulated.ticket_sla_applied;
create table expressible.sla_policies as from simulated.sla_policies;
create table expressible.sla_targets as from simulated.sla_targets;
create table expressible.business_hours as from simulated.business_hours;
create table expressible.holidays as from simulated.holidays;
