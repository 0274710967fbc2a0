with

builds as (

    select * from {{ ref('stg_landing__builds') }}

),

current_build as (

    select
        build_id,
        started_at,
        as_of,
        {{ report_date('as_of') }} as as_of_date,
        {{ day_before('as_of') }} as day_before_at,
        {{ report_date(day_before('as_of')) }} as day_before_date
    from builds

)

select * from current_build
