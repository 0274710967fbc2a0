with

tickets as (

    select * from {{ ref('fct_tickets') }}
    where not is_excluded and first_assigned_date is not null

),

counted as (

    select
        first_assigned_date as report_date,
        {{ report_dimensions() }},
        count(*) as ticket_count,
        cast(sum(time_to_assign_seconds) as bigint) as time_to_assign_seconds,
        {{ sorted_values('time_to_assign_seconds') }} as time_to_assign_seconds_values
    from tickets
    group by first_assigned_date, {{ report_dimensions() }}

)

select * from counted
