with

clocks as (

    select * from {{ ref('fct_sla_clocks').include(database=false) }}
    where not is_excluded

),

comparison_times as (

    select * from {{ ref('dim_comparison_times').include(database=false) }}
    where comparison_time = 'as_of'

),

-- A metric without any clock is not configured, so it has no figure, rather than zero.
metrics as (

    select distinct metric from clocks

),

figures as (

    select
        metrics.metric,
        states.state,
        states.position,
        'count' as unit
    from metrics
    cross join (
        values
        ('overdue', 1),
        ('due_soon', 2),
        ('active', 3),
        ('paused', 4),
        ('completed', 5)
    ) as states (state, position)

),

-- A local date is shorter than two days. This plain comparison skips the time zone conversion for most clocks.
running_or_of_today as (

    select
        comparison_times.comparison_time,
        clocks.metric,
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
        status
    from running_or_of_today
    union all
    select
        'day_before' as comparison_time,
        metric,
        status_a_day_before as status
    from clocks
    where status_a_day_before is not null

),

-- A cancelled clock has none of the states.
events as (

    select
        comparison_time,
        metric,
        case
            when status in ('completed_on_time', 'completed_late') then 'completed'
            else status
        end as state,
        1 as amount
    from stood
    where status <> 'cancelled'

),

summed as (

    {{ summary_figures('figures', 'events', ['metric', 'state']) }}

)

select
    metric,
    state,
    cast(position as bigint) as position,
    unit,
    value,
    n,
    comparison_value,
    comparison_n,
    as_of,
    comparison_as_of
from summed
