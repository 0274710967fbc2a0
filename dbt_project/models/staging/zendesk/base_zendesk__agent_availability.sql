with

availabilities as (

    select
        *,
        {{ json_value('attributes', 'agent_status', 'name') }} as status_name,
        {{ json_value('attributes', 'agent_status', 'updated_at') }} as started_at,
        {{ json_value('attributes', 'agent_id') }} as agent_id
    from {{ source('zendesk', 'agent_availabilities') }}

),

-- A fetched status lasts until a fetch has another one.
shaped as (

    select
        {{ shaped_as('agent_availability', {
            'agent_id': 'coalesce(agent_id, id)',
            'started_at': 'started_at',
            'status': "case when lower(status_name) = 'online' then 'available' else 'away' end",
            'reason': 'status_name',
        }) }}
    from availabilities
    where started_at is not null

)

select * from shaped
