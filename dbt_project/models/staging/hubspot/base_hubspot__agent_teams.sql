with

owners as (

    select * from {{ source('hubspot', 'owners') }}

),

-- A team that an owner was in before is no team of the owner any more.
latest_owners as (

    {{ newest_rows('owners', 'id') }}

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
