with

channels as (

    select * from {{ ref('int_channels_valid') }}

),

known as (

    select
        {{ entity_key('channel_id') }} as channel_key,
        channel_id,
        coalesce(name, channel_id) as name,
        kind,
        source_system
    from channels

),

with_unknown as (

    select * from known
    union all
    select
        'unknown' as channel_key,
        cast(null as string) as channel_id,
        cast('No channel' as string) as name,
        cast(null as string) as kind,
        'unknown' as source_system

)

select * from with_unknown
