with

owners as (

    select * from {{ source('hubspot', 'owners') }}

),

shaped as (

    select
        {{ shaped_as('agents', {
            'agent_id': 'id',
            'name': 'trim(coalesce("firstName", \'\') || \' \' || coalesce("lastName", \'\'))',
            'email': 'email',
            'is_active': "case when archived = 'true' then 'false' else 'true' end",
        }) }}
    from owners

)

select * from shaped
