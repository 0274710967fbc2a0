with

builds as (

    select * from {{ ref('int_builds_current') }}

),

moments as (

    select
        'as_of' as moment,
        as_of as moment_at,
        as_of_date as moment_date
    from builds
    union all
    select
        'day_before' as moment,
        day_before_at as moment_at,
        day_before_date as moment_date
    from builds

)

select * from moments
