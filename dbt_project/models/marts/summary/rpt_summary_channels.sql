with

tickets as (

    select * from {{ ref('fct_tickets').include(database=false) }}
    where not is_excluded

),

channels as (

    select * from {{ ref('dim_channels').include(database=false) }}

),

figures as (

    select
        channels.channel_key,
        listed.figure,
        listed.position,
        'count' as unit
    from channels
    cross join (
        values
        ('opened_today', 1),
        ('open_now', 2)
    ) as listed (figure, position)

),

open_tickets as (

    {{ open_tickets() }}

),

events as (

    select
        comparison_times.comparison_time,
        tickets.channel_key,
        'opened_today' as figure,
        1 as amount
    from tickets
    {{ of_today('tickets', 'created') }}
    union all
    select
        comparison_time,
        channel_key,
        'open_now' as figure,
        1 as amount
    from open_tickets

),

summed as (

    {{ summary_figures('figures', 'events', ['channel_key', 'figure']) }}

)

select
    channel_key,
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
