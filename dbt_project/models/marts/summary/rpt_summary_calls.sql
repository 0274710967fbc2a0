with

calls as (

    select * from {{ ref('fct_calls') }}

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
    -- A desk that tells of no calls has no figures, not zeros.
    where exists (select 1 from calls)

),

calls_of_today as (

    select
        moments.moment,
        calls.is_completed,
        calls.is_missed,
        calls.duration_seconds
    from calls
    {{ of_today('calls', 'started') }}

),

events as (

    select
        moment,
        'completed_calls' as figure,
        1 as amount
    from calls_of_today
    where is_completed
    union all
    select
        moment,
        'total_call_duration' as figure,
        duration_seconds as amount
    from calls_of_today
    where is_completed
    union all
    select
        moment,
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
