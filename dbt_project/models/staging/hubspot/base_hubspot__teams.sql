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

-- Teams of owners that are not in the list of teams, which a token may be unable to fetch.
named as (

    select
        id,
        name,
        coalesce(archived, 'false') as archived,
        _file,
        _row
    from teams
    union all
    select
        record_id as id,
        record_name as name,
        'false' as archived,
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
    where archived <> 'true'

)

select * from shaped
