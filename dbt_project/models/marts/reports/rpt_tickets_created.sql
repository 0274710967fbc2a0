with

tickets as (

    select * from {{ ref('fct_tickets') }}

),

counted as (

    select
        created_date as report_date,
        {{ report_dimensions() }},
        count(*) as ticket_count
    from tickets
    where not is_excluded
    group by created_date, {{ report_dimensions() }}

)

select * from counted
