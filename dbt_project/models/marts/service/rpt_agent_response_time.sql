with

cycles as (

    select * from {{ ref('fct_response_cycles') }}
    where not is_excluded and outcome = 'responded'

),

tickets as (

    select * from {{ ref('fct_tickets') }}

),

counted as (

    select
        cycles.ended_date as report_date,
        cycles.agent_key as responding_agent_key,
        {{ report_dimensions('tickets') }},
        count(*) as response_count,
        cast(sum(cycles.wait_seconds) as bigint) as response_seconds,
        cast(sum(cycles.wait_business_seconds) as bigint) as response_business_seconds,
        {{ sorted_values('cycles.wait_seconds') }} as response_seconds_values,
        {{ sorted_values('cycles.wait_business_seconds') }} as response_business_seconds_values
    from cycles
    inner join tickets
        on cycles.ticket_key = tickets.ticket_key
    group by cycles.ended_date, cycles.agent_key, {{ report_dimensions('tickets') }}

)

select * from counted
