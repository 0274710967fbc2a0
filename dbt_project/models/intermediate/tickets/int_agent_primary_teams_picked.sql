with

builds as (

    select * from {{ ref('int_builds_current') }}

),

memberships as (

    select * from {{ ref('int_agent_teams_unioned') }}
    where row_disposition = 'modelled'

),

current_memberships as (

    select
        memberships.source_system,
        memberships.agent_id,
        memberships.team_id,
        memberships.is_primary,
        memberships.valid_from,
        count(*) over (partition by memberships.source_system, memberships.agent_id) as team_count
    from memberships
    cross join builds
    where
        (memberships.valid_from is null or memberships.valid_from <= builds.as_of)
        and (memberships.valid_to is null or memberships.valid_to > builds.as_of)

),

ranked as (

    select
        source_system,
        agent_id,
        team_id,
        row_number() over (
            partition by source_system, agent_id
            order by valid_from desc nulls last, team_id asc
        ) as position
    from current_memberships
    where is_primary or (is_primary is null and team_count = 1)

),

picked as (

    select
        source_system,
        agent_id,
        team_id
    from ranked
    where position = 1

)

select * from picked
