{{ config(materialized='view') }}

with

responses as (

    select * from {{ ref('int_survey_responses_valid') }}

),

surveys as (

    select * from {{ ref('int_surveys') }}

),

builds as (

    select * from {{ ref('stg_landing__builds') }}

),

-- An answer after as_of leaves the survey as sent and not answered.
as_known as (

    select
        responses.source_system,
        responses.response_id,
        responses.survey_id,
        responses.ticket_id,
        responses.contact_id,
        responses.agent_id,
        surveys.survey_kind,
        surveys.scale_max - surveys.scale_min as scale_length,
        surveys.scale_min,
        surveys.scale_max,
        surveys.is_higher_better,
        responses.sent_at,
        coalesce(responses.responded_at <= builds.as_of, false) as is_responded,
        coalesce(responses.responded_at > builds.as_of, false) as is_answered_later,
        responses.responded_at,
        responses.score,
        responses.comment
    from responses
    inner join surveys
        on
            responses.source_system = surveys.source_system
            and responses.survey_id = surveys.survey_id
    cross join builds

),

answered as (

    select
        source_system,
        response_id,
        survey_id,
        ticket_id,
        contact_id,
        agent_id,
        survey_kind,
        scale_length,
        sent_at,
        is_responded,
        case when is_responded then responded_at end as responded_at,
        case when is_responded then score end as score,
        case when not is_answered_later then comment end as comment,
        -- Distance from the bad end of the scale.
        case
            when not is_responded then null
            when is_higher_better then score - scale_min
            else scale_max - score
        end as distance
    from as_known

),

-- Positions are compared by multiplication, so that 4 of 1 to 5 is exactly three quarters.
scored as (

    select
        source_system,
        response_id,
        survey_id,
        ticket_id,
        contact_id,
        agent_id,
        survey_kind,
        sent_at,
        is_responded,
        responded_at,
        score,
        case survey_kind
            when 'csat' then distance * 4 >= scale_length * 3
            when 'ces' then distance * 3 >= scale_length * 2
            when 'nps' then distance * 10 >= scale_length * 9
        end as is_positive,
        case
            when survey_kind <> 'nps' or distance is null then null
            when distance * 10 >= scale_length * 9 then 'promoter'
            when distance * 10 >= scale_length * 7 then 'passive'
            else 'detractor'
        end as nps_group,
        comment
    from answered

)

select * from scored
