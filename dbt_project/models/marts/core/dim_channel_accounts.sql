with

channel_accounts as (

    select * from {{ ref('int_channel_accounts_valid') }}

),

known as (

    select
        {{ entity_key('channel_account_id') }} as channel_account_key,
        channel_account_id,
        coalesce(name, channel_account_id) as name,
        {{ entity_key('channel_id') }} as channel_key,
        source_system
    from channel_accounts

),

with_unknown as (

    select * from known
    union all
    select
        'unknown' as channel_account_key,
        cast(null as string) as channel_account_id,
        cast('No channel account' as string) as name,
        cast(null as string) as channel_key,
        'unknown' as source_system

)

select * from with_unknown
