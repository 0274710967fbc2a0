with

intervals as (

    select * from {{ ref('int_agent_availability_valid') }}

),

builds as (

    select * from {{ ref('stg_landing__builds') }}

),

agents as (

    select * from {{ ref('dim_agents') }}

),

ordered as (

    select
        *,
        row_number() over agent_intervals as spell_number,
        lead(started_at) over agent_intervals as next_started_at
    from intervals
    window agent_intervals as (partition by source_system, agent_id order by started_at)

),

-- An agent has one status at a time, so the next interval ends the one before it, also if that has a later
-- end. An end after as_of has not happened yet.
ended as (

    select
        ordered.*,
        builds.as_of,
        case
            when
                least(
                    coalesce(ordered.ended_at, {{ end_of_time() }}),
                    coalesce(ordered.next_started_at, {{ end_of_time() }})
                ) <= builds.as_of
                then least(
                    coalesce(ordered.ended_at, {{ end_of_time() }}),
                    coalesce(ordered.next_started_at, {{ end_of_time() }})
                )
        end as left_at
    from ordered
    cross join builds

),

joined as (

    select
        coalesce(agents.agent_key, 'unknown') as agent_key,
        ended.agent_id,
        ended.spell_number,
        ended.started_at,
        {{ report_date('ended.started_at') }} as started_date,
        ended.left_at as ended_at,
        ended.status,
        ended.reason,
        ended.left_at is null as is_current,
        {{ seconds_between('ended.started_at', 'coalesce(ended.left_at, ended.as_of)') }}
            as duration_seconds,
        coalesce(agents.team_key, 'unknown') as team_key,
        ended.source_system
    from ended
    left join agents
        on {{ entity_key('ended.agent_id', 'ended.source_system') }} = agents.agent_key

)

select * from joined
