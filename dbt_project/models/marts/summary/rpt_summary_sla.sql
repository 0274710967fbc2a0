with

clocks as (

    select * from {{ ref('fct_sla_clocks') }}
    where not is_excluded

),

moments as (

    select * from {{ ref('dim_moments') }}
    where moment = 'as_of'

),

-- A metric without any clock is not configured, which is not zero.
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

-- A local day lasts less than two days: a plain comparison spares nearly all clocks the other.
running_or_of_today as (

    select
        moments.moment,
        clocks.metric,
        clocks.status
    from clocks
    cross join moments
    where
        clocks.ended_at is null
        or (
            clocks.ended_at > moments.moment_at - interval 2 day
            and {{ report_date('clocks.ended_at') }} = moments.moment_date
        )

),

stood as (

    select
        moment,
        metric,
        status
    from running_or_of_today
    union all
    select
        'day_before' as moment,
        metric,
        status_a_day_before as status
    from clocks
    where status_a_day_before is not null

),

-- A clock that was cancelled is in none of the states.
events as (

    select
        moment,
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
