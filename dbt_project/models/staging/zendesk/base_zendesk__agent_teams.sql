with

memberships as (

    select * from {{ source('zendesk', 'group_memberships') }}

),

landed as (

    select * from memberships
    where _gone_at is null

),

known as (

    {{ newest_rows('landed') }}

),

ended as (

    select
        id as ended_id,
        max(_gone_at) as ended_at
    from memberships
    where _gone_at is not null
    group by id

),

-- A renewed membership is another row of the same agent and group: the last one counts.
last_made as (

    select
        *,
        row_number() over (
            partition by user_id, group_id order by try_cast(id as bigint) desc
        ) as position
    from known

),

shaped as (

    select
        {{ shaped_as('agent_teams', {
            'agent_id': 'user_id',
            'team_id': 'group_id',
            'valid_to': 'ended_at',
            'is_primary': '"default"',
        }) }}
    from last_made
    left join ended
        on last_made.id = ended.ended_id
    where last_made.position = 1

)

select * from shaped
