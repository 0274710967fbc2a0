with

feedback_submissions as (

    select * from {{ source('hubspot', 'feedback_submissions') }}

),

read_feedback_submissions as (

    select
        id,
        {{ json_value('properties', 'hs_survey_id') }} as hs_survey_id,
        {{ json_value('properties', 'hs_survey_name') }} as hs_survey_name,
        {{ json_value('properties', 'hs_survey_type') }} as hs_survey_type,
        _file,
        _row
    from feedback_submissions

),

-- HubSpot has no list of surveys: the last answer tells what a survey is called now.
latest as (

    {{ newest_rows('read_feedback_submissions', 'hs_survey_id') }}

),

shaped as (

    select
        {{ shaped_as('surveys', {
            'survey_id': 'hs_survey_id',
            'name': 'hs_survey_name',
            'kind': 'lower(hs_survey_type)',
            'scale_min': hubspot_csat_scale_end('hs_survey_type', 0),
            'scale_max': hubspot_csat_scale_end('hs_survey_type', 1),
        }) }}
    from latest
    -- Surveys of one's own making have no scale, those of a knowledge article no customer to ask.
    where hs_survey_type not in ('CUSTOM', 'KNOWLEDGE')

)

select * from shaped
