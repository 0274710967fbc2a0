with

cycles as (

    select * from {{ ref('fct_response_cycles') }}
    where not is_excluded and ended_date is not null

),

tickets as (

    select * from {{ ref('fct_tickets') }}

),

counted as (

    select
        cycles.ended_date as report_date,
        {{ report_dimensions('tickets') }},
        count(*) as cycle_count,
        count(case when cycles.outcome = 'responded' then 1 end) as responded_count,
        cast(sum(cycles.wait_seconds) as bigint) as wait_seconds,
        cast(sum(cycles.wait_business_seconds) as bigint) as wait_business_seconds,
        {{ sorted_values('cycles.wait_seconds') }} as wait_seconds_values,
        {{ sorted_values('cycles.wait_business_seconds') }} as wait_business_seconds_values
    from cycles
    inner join tickets
        on cycles.ticket_key = tickets.ticket_key
    group by cycles.ended_date, {{ report_dimensions('tickets') }}

)

select * from counted
