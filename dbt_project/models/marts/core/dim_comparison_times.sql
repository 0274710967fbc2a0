{{ config(materialized='view') }}

with

builds as (

    select * from {{ ref('build_log').include(database=false) }}

),

comparison_times as (

    select
        'as_of' as comparison_time,
        as_of as compared_at,
        as_of_date as compared_date
    from builds
    union all
    select
        'day_before' as comparison_time,
        {{ day_before('as_of') }} as compared_at,
        {{ report_date(day_before('as_of')) }} as compared_date
    from builds

)

select * from comparison_times
