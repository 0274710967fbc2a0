{#- The report of one SLA metric: its clocks by due date and the five filter dimensions. Clocks without
    a due time (paused short of their goal) have no date and are not in it. -#}
{% macro sla_report(metric) %}
with

clocks as (

    select * from {{ ref('fct_sla_clocks') }}
    where metric = '{{ metric }}' and due_date is not null and not is_excluded

),

tickets as (

    select * from {{ ref('fct_tickets') }}

),

counted as (

    select
        clocks.due_date as report_date,
        {{ report_dimensions('tickets') }},
        count(*) as clock_count,
        count(case when clocks.status = 'completed_on_time' then 1 end) as on_time_count,
        count(case when clocks.status = 'completed_late' then 1 end) as late_count,
        count(case when clocks.status = 'overdue' then 1 end) as overdue_count,
        count(
            case when clocks.status in ('completed_on_time', 'completed_late', 'overdue') then 1 end
        ) as measured_count
    from clocks
    inner join tickets
        on clocks.ticket_key = tickets.ticket_key
    group by clocks.due_date, {{ report_dimensions('tickets') }}

)

select * from counted
{% endmacro %}
