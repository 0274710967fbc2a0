with

landing as (

    select * from {{ source('landing', 'builds') }}

),

clocks as (

    select
        build_id,
        started_at,
        as_of,
        previous_as_of,
        helpdesk_version,
        {{ report_date('as_of') }} as as_of_date,
        {{ day_before('as_of') }} as day_before_at,
        {{ report_date(day_before('as_of')) }} as day_before_date
    from landing

)

select * from clocks
