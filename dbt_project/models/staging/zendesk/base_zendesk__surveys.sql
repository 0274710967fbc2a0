with

ratings as (

    select
        _file,
        _row
    from {{ source('zendesk', 'satisfaction_ratings') }}

),

numbered as (

    select
        _file,
        _row,
        row_number() over (order by _file, _row) as position
    from ratings

),

shaped as (

    select
        {{ shaped_as('surveys', {
            'survey_id': "'csat'",
            'name': "'Satisfaction rating'",
            'kind': "'csat'",
            'scale_min': "'0'",
            'scale_max': "'1'",
        }) }}
    from numbered
    where position = 1

)

select * from shaped
