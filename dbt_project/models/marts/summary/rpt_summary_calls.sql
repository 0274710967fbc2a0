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

calls_of_today as (

    select
        comparison_times.comparison_time,
        calls.is_completed,
        calls.is_missed,
        calls.duration_seconds
    from calls
    {{ of_today('calls', 'started') }}

),

events as (

    select
        comparison_time,
        'completed_calls' as figure,
        1 as amount
    from calls_of_today
    where is_completed
    union all
    select
        comparison_time,
        'total_call_duration' as figure,
        duration_seconds as amount
    from calls_of_today
    where is_completed
    union all
    select
        comparison_time,
        'missed_calls' as figure,
        1 as amount
    from calls_of_today
    where is_missed

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
