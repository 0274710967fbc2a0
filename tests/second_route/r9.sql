-- R9, rpt_customer_effort_score: scores of the effort of customers, by the date they
-- were given, and on rows without a score the surveys by the date they were sent.

with asked as (
    select
        responses.*,
        key_of(surveys.survey_id) as survey_key,
        key_of(coalesce(responses.agent_id, tickets.agent_id)) as agent_key,
        -- The agent whom the survey names brings the team; else it is the ticket's.
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
    where surveys.kind = 'ces' and not responses.is_excluded
)

select
    report_date_of(responded_at) as report_date,
    survey_key,
    agent_key,
    team_key,
    channel_account_key,
    pipeline_key,
    company_key,
    score,
    count(*) as response_count,
    sum(score) as score_sum,
    -- Two thirds of the way to the best score: 5 of 1 to 7.
    count(*) filter (points * 3 >= most_points * 2) as positive_count,
    0 as sent_count,
    0 as answered_count
from asked
where score is not null
group by all
union all
select
    report_date_of(coalesce(sent_at, responded_at)) as report_date,
    survey_key,
    agent_key,
    team_key,
    channel_account_key,
    pipeline_key,
    company_key,
    null as score,
    0 as response_count,
    0 as score_sum,
    0 as positive_count,
    count(*) as sent_count,
    count(responded_at) as answered_count
from asked
group by all;
