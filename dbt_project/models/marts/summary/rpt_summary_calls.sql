with

calls as (

    select * from {{ ref('fct_calls').include(database=false) }}

),

figures as (

    select
        listed.figure,
        listed.position,
        listed.unit
    from (
        values
        ('completed_calls', 1, 'count'),
        ('total_call_duration', 2, 'duration'),
        ('missed_calls', 3, 'count')
    ) as listed (figure, position, unit)
    -- A help desk that records no calls has no figures, rather than zeros.
    where exists (select 1 from calls)

),

events as (

    {{ summary_call_events() }}

),

summed as (

    {{ summary_figures('figures', 'events', ['figure']) }}

)

select
    figure,
    cast(position as bigint) as position,
    unit,
    value,
    n,
    comparison_value,
    comparison_n,
    as_of,
    comparison_as_of
from summed
