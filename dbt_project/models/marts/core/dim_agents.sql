with

agents as (

    select * from {{ ref('int_agents_valid') }}

),

primary_teams as (

    select picked.*
    from {{ ref('int_agent_primary_teams') }} as picked
    cross join {{ ref('stg_landing__builds') }} as builds
    where
        picked.valid_from <= builds.as_of
        and picked.valid_to > builds.as_of

),

teams as (

    select * from {{ ref('dim_teams') }}

),

known as (

    select
        {{ entity_key('agents.agent_id', 'agents.source_system') }} as agent_key,
        agents.agent_id,
        coalesce(agents.name, agents.agent_id) as name,
        coalesce(agents.is_active, true) as is_active,
        agents.capacity,
        coalesce(teams.team_key, 'unknown') as team_key,
        agents.source_system
    from agents
    left join primary_teams
        on
            agents.source_system = primary_teams.source_system
            and agents.agent_id = primary_teams.agent_id
    left join teams
        on {{ entity_key('primary_teams.team_id', 'primary_teams.source_system') }} = teams.team_key

),

with_unknown as (

    select * from known
    union all
    select
        'unknown' as agent_key,
        cast(null as string) as agent_id,
        'Unassigned' as name,
        cast(null as boolean) as is_active,
        cast(null as bigint) as capacity,
        'unknown' as team_key,
        'unknown' as source_system

)

select * from with_unknown
