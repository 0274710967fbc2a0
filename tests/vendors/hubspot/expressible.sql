-- What HubSpot can tell of a simulated desk, in the shape of the file contract. `simulated` is the schema of the
-- desk as it was simulated; what is left out or made coarser here is what docs/hubspot.md lists.

create schema expressible;

-- A deleted ticket is told with the moment it was deleted, without its customer. Spam is a conversation, not a ticket:
-- one without a message cannot be it.
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
    case when gone.ticket_id is null then tickets.company_id end as company_id,
    case when gone.ticket_id is null then tickets.contact_id end as contact_id
from simulated.tickets
left join gone using (ticket_id);

-- Changes are in order within a property, not between properties; the pipeline is a property too.
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

-- Which stages pause an SLA is not told by the stage.
create table expressible.statuses as
select * exclude (pauses_sla) from simulated.statuses;

create table expressible.sla_pause_statuses as
select policy_id, pipeline_id, status_id from simulated.sla_pause_statuses
union
select policies.policy_id, statuses.pipeline_id, statuses.status_id
from (select distinct policy_id from simulated.sla_policies) as policies
cross join simulated.statuses
where statuses.pauses_sla;

-- No capacity, and only the teams of now.
create table expressible.agents as
select * exclude (capacity) from simulated.agents;

create table expressible.agent_teams as
select agent_id, team_id, is_primary from simulated.agent_teams where valid_to is null;

-- Only what was answered, and neither when it was sent nor about whom.
create table expressible.survey_responses as
select * exclude (sent_at, agent_id) from simulated.survey_responses where responded_at is not null;

-- Everything else as it is.
create table expressible.pipelines as from simulated.pipelines;
create table expressible.teams as from simulated.teams;
create table expressible.companies as from simulated.companies;
create table expressible.contacts as from simulated.contacts;
create table expressible.channels as from simulated.channels;
create table expressible.channel_accounts as from simulated.channel_accounts;
create table expressible.calls as from simulated.calls;
create table expressible.surveys as from simulated.surveys;
create table expressible.ticket_sla_applied as from simulated.ticket_sla_applied;
create table expressible.sla_policies as from simulated.sla_policies;
create table expressible.sla_targets as from simulated.sla_targets;
create table expressible.business_hours as from simulated.business_hours;
create table expressible.holidays as from simulated.holidays;
create table expressible.agent_availability as from simulated.agent_availability;
