with

channel_accounts as (

    select * from {{ source('hubspot', 'channel_accounts') }}

),

shaped as (

    select
        {{ shaped_as('channel_accounts', {
            'channel_account_id': 'id',
            'channel_id': '"channelId"',
            'name': 'name',
        }) }}
    from channel_accounts

)

select * from shaped
