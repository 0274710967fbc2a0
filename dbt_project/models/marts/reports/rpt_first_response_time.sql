with

tickets as (

    select * from {{ ref('fct_tickets') }}

),

counted as (

    select
        first_response_date as report_date,
        {{ report_dimensions() }},
        count(*) as ticket_count,
        cast(sum(first_response_seconds) as bigint) as first_response_seconds,
        cast(sum(first_response_business_seconds) as bigint) as first_response_business_seconds,
        {{ sorted_values('first_response_seconds') }}
            as first_response_seconds_values,
        {{ sorted_values('first_response_business_seconds') }}
            as first_response_business_seconds_values
    from tickets
    where not is_excluded and first_response_date is not null
    group by first_response_date, {{ report_dimensions() }}

)

select * from counted
