-- Shared by R9, A6 and A6b: surveys sent, answered or not, with the report filters and the position of a score
-- on its scale. After common.sql.

create temp view asked_surveys as
select
    responses.*,
    surveys.kind,
    key_of(surveys.survey_id) as survey_key,
    key_of(coalesce(responses.agent_id, tickets.agent_id)) as agent_key,
    -- The team of the agent that the survey names; else that of the ticket.
    if(
        responses.agent_id is null,
        coalesce(tickets.team_key, 'unknown'),
        key_of(agent_teams.team_id)
    ) as team_key,
    coalesce(tickets.channel_account_key, 'unknown') as channel_account_key,
    coalesce(tickets.pipeline_key, 'unknown') as pipeline_key,
    key_of(coalesce(tickets.company_id, contacts.company_id)) as company_key,
    responses.score - surveys.scale_min as points,
    surveys.scale_max - surveys.scale_min as most_points
from survey_responses as responses
inner join surveys using (survey_id)
left join counted_tickets as tickets using (ticket_id)
left join raw.contacts as contacts on responses.contact_id = contacts.contact_id
left join agent_teams on responses.agent_id = agent_teams.agent_id
where not responses.is_excluded;
