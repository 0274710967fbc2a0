with

users as (

    select * from {{ source('zendesk', 'users') }}

),

newest as (

    {{ newest_rows('users', version='updated_at') }}

),

-- Who leaves is made an end user, and was an agent all the same.
ever as (

    select distinct id as agent_id
    from users
    where role in ('agent', 'admin')

),

shaped as (

    select
        {{ shaped_as('agents', {
            'agent_id': 'id',
            'name': 'name',
            'email': 'email',
            'is_active': "case when active = 'false' or suspended = 'true' or role = 'end-user'"
                ~ " then 'false' else 'true' end",
        }) }}
    from newest
    inner join ever
        on newest.id = ever.agent_id

)

select * from shaped
