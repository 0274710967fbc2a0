with

survey_responses as (

    select * from {{ source('zendesk', 'survey_responses') }}

),

newest as (

    {{ newest_rows('survey_responses') }}

),

answers as (

    {{ json_records(
        'newest',
        ['id', 'responder_id', 'subject_zrns', 'survey', 'survey_id', '_file', '_row'],
        'answers',
        ['type', 'rating', 'value', 'question', 'created_at', 'updated_at']
    ) }}

),

rated as (

    select
        id,
        record_number,
        {{ json_value('record_question', 'options') }} as options
    from answers
    where record_rating is not null

),

options as (

    {{ json_records('rated', ['id'], 'options', ['rating']) }}

),

scales as (

    select
        id,
        min(try_cast(record_rating as double)) as lowest,
        max(try_cast(record_rating as double)) as highest
    from options
    group by id

),

summarised as (

    select
        id as response_id,
        coalesce(survey_id, {{ json_value('survey', 'id') }}) as survey_id,
        responder_id,
        {{ first_match('subject_zrns', 'ticket:([0-9]+)') }} as ticket_id,
        max(record_rating) as rating,
        max(case when record_type = 'open_ended' then record_value end) as comment,
        min(record_created_at) as sent_at,
        max(case when record_rating is not null then record_updated_at end) as responded_at,
        _file,
        _row
    from answers
    group by id, survey_id, survey, responder_id, subject_zrns, _file, _row

),

described as (

    select
        summarised.*,
        scales.lowest,
        scales.highest
    from summarised
    left join scales
        on summarised.response_id = scales.id

)

select * from described
