with

ratings as (

    select
        'csat' as survey_id,
        'Satisfaction rating' as survey_name,
        cast(0 as double) as lowest,
        cast(1 as double) as highest,
        _file,
        _row
    from {{ source('zendesk', 'satisfaction_ratings') }}

),

answers as (

    select * from {{ ref('base_zendesk__survey_answers') }}

),

-- The scale is that of the survey's options, and at least from 1 to the highest answer; without either it is 1 to 5.
newer as (

    select
        'survey:' || coalesce(survey_id, 'unknown') as survey_id,
        least(1, min(coalesce(lowest, 1))) as lowest,
        greatest(
            coalesce(max(highest), 5), coalesce(max(try_cast(rating as double)), 0)
        ) as highest,
        min(_file) as _file,
        min(_row) as first_row
    from answers
    group by survey_id

),

numbered as (

    select
        survey_id,
        survey_name,
        lowest,
        highest,
        _file,
        _row,
        row_number() over (order by _file, _row) as position
    from ratings

),

surveys as (

    select
        survey_id,
        survey_name,
        lowest,
        highest,
        _file,
        _row
    from numbered
    where position = 1
    union all
    select
        survey_id,
        'CSAT survey ' || substr(survey_id, 8) as survey_name,
        lowest,
        highest,
        _file,
        {{ part_of_row('first_row', 'row_number() over (order by survey_id)') }} as _row
    from newer

),

shaped as (

    select
        {{ shaped_as('surveys', {
            'survey_id': 'survey_id',
            'name': 'survey_name',
            'kind': "'csat'",
            'scale_min': 'cast(cast(lowest as integer) as string)',
            'scale_max': 'cast(cast(highest as integer) as string)',
        }) }}
    from surveys

)

select * from shaped
