{{ config(materialized='table') }}

with

calls as (

    select * from {{ ref('fct_calls') }}

),

counted as (

    select
        started_date as report_date,
        {{ report_dimensions() }},
        count(*) as call_count,
        count(case when is_completed then 1 end) as completed_count,
        count(case when is_missed then 1 end) as missed_count,
        cast(sum(case when is_completed then coalesce(duration_seconds, 0) else 0 end) as bigint)
            as completed_duration_seconds,
        count(case when is_completed then duration_seconds end) as completed_with_duration_count
    from calls
    group by started_date, {{ report_dimensions() }}

)

select * from counted
