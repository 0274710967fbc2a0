with

surveys as (

    select * from {{ ref('int_surveys_valid') }}

),

scaled as (

    select
        surveys.source_system,
        surveys.survey_id,
        surveys.name,
        surveys.kind as survey_kind,
        {{ survey_scale_end('min', 'surveys') }} as scale_min,
        {{ survey_scale_end('max', 'surveys') }} as scale_max,
        coalesce(surveys.higher_is_better, true) as is_higher_better
    from surveys

)

select * from scaled
