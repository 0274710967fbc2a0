with

tickets as (

    select * from {{ ref('fct_tickets') }}
    where not is_excluded and closed_date is not null

),

counted as (

    select
        closed_date as report_date,
        {{ report_dimensions() }},
        count(*) as ticket_count,
        count(case when is_one_touch then 1 end) as one_touch_count,
        count(case when reopen_count > 0 then 1 end) as reopened_ticket_count,
        cast(sum(reopen_count) as bigint) as reopen_count,
        cast(sum(meaningful_reopen_count) as bigint) as meaningful_reopen_count
    from tickets
    group by closed_date, {{ report_dimensions() }}

)

select * from counted
