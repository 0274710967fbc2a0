{{ read_before('stg_landing__changed_tickets') }}
with

memberships as (

    select
        source_system,
        agent_id,
        team_id,
        is_primary,
        coalesce(valid_from, {{ beginning_of_time() }}) as valid_from,
        coalesce(valid_to, {{ end_of_time() }}) as valid_to
    from {{ ref('int_agent_teams_unioned') }}

),

boundaries as (

    select
        source_system,
        agent_id,
        valid_from as boundary_at
    from memberships
    union
    select
        source_system,
        agent_id,
        valid_to as boundary_at
    from memberships

),

-- Between two boundaries nothing changes.
eras as (

    select
        source_system,
        agent_id,
        boundary_at as valid_from,
        coalesce(
            lead(boundary_at) over (partition by source_system, agent_id order by boundary_at),
            {{ end_of_time() }}
        ) as valid_to
    from boundaries

),

candidates as (

    select
        eras.source_system,
        eras.agent_id,
        eras.valid_from,
        eras.valid_to,
        memberships.team_id,
        memberships.is_primary,
        memberships.valid_from as member_from,
        count(*) over (
            partition by eras.source_system, eras.agent_id, eras.valid_from
        ) as team_count
    from eras
    inner join memberships
        on
            eras.source_system = memberships.source_system
            and eras.agent_id = memberships.agent_id
            and eras.valid_from >= memberships.valid_from
            and eras.valid_from < memberships.valid_to

),

ranked as (

    select
        *,
        row_number() over (
            partition by source_system, agent_id, valid_from
            order by member_from desc, team_id asc
        ) as position
    from candidates
    where is_primary or (is_primary is null and team_count = 1)

),

picked as (

    select
        source_system,
        agent_id,
        team_id,
        valid_from,
        valid_to
    from ranked
    where position = 1

)

select * from picked
