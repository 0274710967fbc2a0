with

feedback_submissions as (

    select * from {{ source('hubspot', 'feedback_submissions') }}

),

latest as (

    {{ newest_rows('feedback_submissions', 'id') }}

),

read_feedback_submissions as (

    select
        id,
        coalesce(
            nullif({{ json_value('properties', 'hs_survey_id') }}, ''),
            lower({{ json_value('properties', 'hs_survey_type') }})
        ) as hs_survey_id,
        upper({{ json_value('properties', 'hs_survey_type') }}) as hs_survey_type,
        {{ json_value('properties', 'hs_value') }} as hs_value,
        {{ json_value('properties', 'hs_submission_timestamp') }} as hs_submission_timestamp,
        {{ json_value('properties', 'hs_content') }} as hs_content,
        {{ json_value('properties', 'hs_contact_id') }} as hs_contact_id,
        {{ json_value('properties', 'hs_ticket_id') }} as hs_ticket_id,
        _file,
        _row
    from latest
    where coalesce(archived, 'false') <> 'true'

),

shaped as (

    select
        {{ shaped_as('survey_responses', {
            'response_id': 'id',
            'survey_id': whole_id('hs_survey_id'),
            'ticket_id': whole_id('hs_ticket_id'),
            'contact_id': whole_id('hs_contact_id'),
            'responded_at': iso_instant('hs_submission_timestamp'),
            'score': 'hs_value',
            'comment': 'hs_content',
        }) }}
    from read_feedback_submissions
    where coalesce(nullif(hs_survey_type, ''), 'CUSTOM') not in ('CUSTOM', 'KNOWLEDGE')

)

select * from shaped
