with

tickets as (

    select * from {{ ref('fct_tickets') }}

),

counted as (

    select
        closed_date as report_date,
        {{ report_dimensions() }},
        count(*) as ticket_count
    from tickets
    where not is_excluded and closed_date is not null
    group by closed_date, {{ report_dimensions() }}

)

select * from counted
