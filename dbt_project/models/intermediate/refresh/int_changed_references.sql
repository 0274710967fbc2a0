{{ config(materialized='view') }}

with

builds as (

    select * from {{ ref('stg_landing__builds') }}

),

changes as (

    select * from {{ source('landing', 'changes') }}
    where ticket_id is null

),

primary_teams as (

    select * from {{ ref('int_agent_primary_teams') }}

),

-- Agents that this build is the first to have, for example from the tickets assigned to them.
arrivals as (

    select
        seen.source_system,
        seen.agent_id
    from {{ ref('int_agents_seen') }} as seen
    inner join builds
        on seen.build_id = builds.build_id

),

-- A ticket without a team follows its owner to another team.
team_moves as (

    select
        primary_teams.source_system,
        primary_teams.agent_id
    from primary_teams
    cross join builds
    where
        (primary_teams.valid_from > builds.previous_as_of and primary_teams.valid_from <= builds.as_of)
        or (primary_teams.valid_to > builds.previous_as_of and primary_teams.valid_to <= builds.as_of)

),

changed as (

    select
        source_system,
        table_name,
        row_key
    from changes
    union
    select
        source_system,
        'agents' as table_name,
        agent_id as row_key
    from team_moves
    union
    select
        source_system,
        'agents' as table_name,
        agent_id as row_key
    from arrivals

)

select * from changed
