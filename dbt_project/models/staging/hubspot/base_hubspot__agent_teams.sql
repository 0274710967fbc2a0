with

owners as (

    select * from {{ source('hubspot', 'owners') }}

),

-- Only the newest version of an owner counts: earlier teams have ended.
latest_owners as (

    {{ newest_rows('owners', 'id') }}

),

teams as (

    select * from {{ source('hubspot', 'teams') }}

),

latest_teams as (

    {{ newest_rows('teams', 'id') }}

),

deleted_teams as (

    select id from latest_teams
    where archived = 'true'

),

memberships as (

    {{ json_records('latest_owners', ['id', '_file', '_row'], 'teams', ['id', 'primary']) }}

),

read_memberships as (

    select
        id,
        record_id as team_id,
        record_primary as is_primary,
        _file,
        {{ part_of_row('_row', 'record_number') }} as _row
    from memberships
    -- A team that was deleted has no members.
    where record_id not in (select deleted_teams.id from deleted_teams)

),

shaped as (

    select
        {{ shaped_as('agent_teams', {
            'agent_id': 'id',
            'team_id': 'team_id',
            'is_primary': 'is_primary',
        }) }}
    from read_memberships

)

select * from shaped
