with

users as (

    select * from {{ source('zendesk', 'users') }}

),

memberships as (

    select * from {{ source('zendesk', 'group_memberships') }}
    where user_id is not null

),

assignees as (

    select * from {{ ref('base_zendesk__assignees') }}

),

newest as (

    {{ newest_rows('users', version='updated_at') }}

),

-- A user who leaves becomes an end user or is deleted, and still was an agent.
ever as (

    select distinct user_id as agent_id
    from {{ ref('base_zendesk__authors') }}
    where author_type = 'agent'

),

members as (

    select
        user_id,
        _file,
        _row,
        row_number() over (partition by user_id order by _file, _row) as position
    from memberships

),

-- The source row of each agent: that of the user, of a ticket or of a membership.
known as (

    select
        ever.agent_id,
        newest.name,
        newest.email,
        case
            when newest.id is null then 'false'
            when newest.active = 'false' or newest.suspended = 'true' or newest.role = 'end-user' then 'false'
            else 'true'
        end as is_active,
        coalesce(newest._file, assignees._file, members._file) as _file,
        coalesce(newest._row, assignees._row, members._row) as _row
    from ever
    left join newest
        on ever.agent_id = newest.id
    left join assignees
        on ever.agent_id = assignees.user_id
    left join members
        on
            ever.agent_id = members.user_id
            and members.position = 1

),

shaped as (

    select
        {{ shaped_as('agents', {
            'agent_id': 'agent_id',
            'name': 'name',
            'email': 'email',
            'is_active': 'is_active',
        }) }}
    from known

)

select * from shaped
