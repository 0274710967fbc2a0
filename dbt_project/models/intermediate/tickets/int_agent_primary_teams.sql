with

memberships as (

    select
        source_system,
        agent_id,
        team_id,
        is_primary,
        coalesce(valid_from, {{ beginning_of_time() }}) as valid_from,
        coalesce(valid_to, {{ end_of_time() }}) as valid_to
    from {{ ref('int_agent_teams_valid') }}

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
periods as (

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
        periods.source_system,
        periods.agent_id,
        periods.valid_from,
        periods.valid_to,
        memberships.team_id,
        memberships.is_primary,
        memberships.valid_from as member_from,
        count(*) over (
            partition by periods.source_system, periods.agent_id, periods.valid_from
        ) as team_count
    from periods
    inner join memberships
        on
            periods.source_system = memberships.source_system
            and periods.agent_id = memberships.agent_id
            and periods.valid_from >= memberships.valid_from
            and periods.valid_from < memberships.valid_to

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
