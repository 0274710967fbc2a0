with

teams as (

    select * from {{ ref('int_teams_valid') }}

),

known as (

    select
        {{ entity_key('team_id') }} as team_key,
        team_id,
        coalesce(name, team_id) as name,
        source_system
    from teams

),

with_unknown as (

    select * from known
    union all
    select
        'unknown' as team_key,
        cast(null as string) as team_id,
        cast('No team' as string) as name,
        'unknown' as source_system

)

select * from with_unknown
