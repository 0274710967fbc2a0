{#- The SLA clocks that run at each comparison time or were completed on its date (S3), each with the team of its
    ticket as in the SLA reports. -#}
{% macro summary_sla_events() %}
with

clocks as (

    select * from {{ ref('fct_sla_clocks').include(database=false) }}
    where not is_excluded

),

comparison_times as (

    select * from {{ ref('dim_comparison_times').include(database=false) }}
    where comparison_time = 'as_of'

),

-- A local date is shorter than two days. This plain comparison skips the time zone conversion for most clocks.
running_or_of_today as (

    select
        comparison_times.comparison_time,
        clocks.metric,
        clocks.team_key,
        clocks.status
    from clocks
    cross join comparison_times
    where
        clocks.status in ('overdue', 'due_soon', 'active', 'paused')
        or (
            clocks.ended_at > comparison_times.compared_at - interval 2 day
            and {{ report_date('clocks.ended_at') }} = comparison_times.compared_date
        )

),

stood as (

    select
        comparison_time,
        metric,
        team_key,
        status
    from running_or_of_today
    union all
    select
        'day_before' as comparison_time,
        metric,
        team_key,
        status_a_day_before as status
    from clocks
    where status_a_day_before is not null

),

-- A cancelled clock has none of the states.
events as (

    select
        comparison_time,
        metric,
        team_key,
        case
            when status in ('completed_on_time', 'completed_late') then 'completed'
            else status
        end as state,
        1 as amount
    from stood
    where status <> 'cancelled'

)

select * from events
{% endmacro %}
