with

teams as (

    select * from {{ source('hubspot', 'teams') }}

),

owners as (

    select * from {{ source('hubspot', 'owners') }}

),

owner_teams as (

    {{ json_records('owners', ['_file', '_row'], 'teams', ['id', 'name']) }}

),

-- A team that is not in the list of teams, where that could be read at all.
named as (

    select
        id,
        name,
        _file,
        _row
    from teams
    union all
    select
        record_id as id,
        record_name as name,
        _file,
        {{ part_of_row('_row', 'record_number') }} as _row
    from owner_teams
    where record_id not in (select teams.id from teams)

),

latest as (

    {{ newest_rows('named', 'id') }}

),

shaped as (

    select
        {{ shaped_as('teams', {
            'team_id': 'id',
            'name': 'name',
        }) }}
    from latest

)

select * from shaped
