with

tickets as (

    select * from {{ ref('fct_tickets') }}

),

counted as (

    select
        closed_date as report_date,
        {{ report_dimensions() }},
        count(*) as ticket_count,
        cast(sum(time_to_close_seconds) as bigint) as time_to_close_seconds,
        cast(sum(time_to_close_business_seconds) as bigint) as time_to_close_business_seconds,
        {{ sorted_values('time_to_close_seconds') }}
            as time_to_close_seconds_values,
        {{ sorted_values('time_to_close_business_seconds') }}
            as time_to_close_business_seconds_values
    from tickets
    where not is_excluded and closed_date is not null
    group by closed_date, {{ report_dimensions() }}

)

select * from counted
