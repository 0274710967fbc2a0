with

channels as (

    select * from {{ source('hubspot', 'channels') }}

),

shaped as (

    select
        {{ shaped_as('channels', {
            'channel_id': 'id',
            'name': 'name',
            'kind': hubspot_channel_kind('name'),
        }) }}
    from channels

)

select * from shaped
