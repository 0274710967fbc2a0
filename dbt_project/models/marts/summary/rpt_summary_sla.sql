with

clocks as (

    select metric from {{ ref('fct_sla_clocks').include(database=false) }}
    where not is_excluded

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

events as (

    {{ summary_sla_events() }}

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
