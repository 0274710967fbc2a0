with

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

events as (

    {{ summary_channel_events() }}

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
