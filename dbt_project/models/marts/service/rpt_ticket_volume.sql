with

tickets as (

    select * from {{ ref('fct_tickets') }}
    where not is_excluded

),

counted as (

    select
        created_date as report_date,
        {{ report_dimensions() }},
        category,
        priority,
        channel_key,
        count(*) as ticket_count
    from tickets
    group by created_date, {{ report_dimensions() }}, category, priority, channel_key

)

select * from counted
