with

surveys as (

    select * from {{ ref('int_surveys') }}

),

known as (

    select
        {{ entity_key('survey_id') }} as survey_key,
        survey_id,
        coalesce(name, survey_id) as name,
        survey_kind,
        cast(scale_min as double) as scale_min,
        cast(scale_max as double) as scale_max,
        is_higher_better,
        source_system
    from surveys

),

with_unknown as (

    select * from known
    union all
    select
        'unknown' as survey_key,
        cast(null as string) as survey_id,
        'No survey' as name,
        cast(null as string) as survey_kind,
        cast(null as double) as scale_min,
        cast(null as double) as scale_max,
        cast(null as boolean) as is_higher_better,
        'unknown' as source_system

)

select * from with_unknown
