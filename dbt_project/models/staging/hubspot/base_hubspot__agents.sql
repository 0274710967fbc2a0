with

owners as (

    select * from {{ source('hubspot', 'owners') }}

),

users as (

    select * from {{ source('hubspot', 'users') }}

),

users_of_owners as (

    select * from {{ ref('base_hubspot__users') }}

),

latest_users as (

    {{ newest_rows('users', 'id') }}

),

capacities as (

    select
        users_of_owners.owner_id,
        max(latest_users.capacity) as capacity
    from latest_users
    inner join users_of_owners
        on {{ json_value('latest_users.properties', 'hs_internal_user_id') }} = users_of_owners.user_id
    group by users_of_owners.owner_id

),

read_owners as (

    select
        owners.*,
        capacities.capacity
    from owners
    left join capacities
        on owners.id = capacities.owner_id

),

shaped as (

    select
        {{ shaped_as('agents', {
            'agent_id': 'id',
            'name': 'trim(coalesce("firstName", \'\') || \' \' || coalesce("lastName", \'\'))',
            'email': 'email',
            'capacity': whole_id('capacity'),
            'is_active': "case when archived = 'true' then 'false' else 'true' end",
        }) }}
    from read_owners

)

select * from shaped
