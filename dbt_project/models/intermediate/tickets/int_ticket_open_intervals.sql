{{ config(materialized='view') }}

with

tickets as (

    select * from {{ ref('int_tickets_resolved') }}

),

lifecycles as (

    select * from {{ ref('int_ticket_lifecycles') }}

),

reopens as (

    select * from {{ ref('int_ticket_closes') }}
    where transition = 'reopen'

),

-- The first value also counts before its change, so that change starts no interval.
changes as (

    select distinct
        ticket_number,
        valid_from as changed_at
    from {{ ref('int_ticket_property_history') }}
    where
        valid_from > {{ beginning_of_time() }}
        and field in ('agent', 'team', 'priority', 'pipeline', 'channel_account')

),

primary_teams as (

    select * from {{ ref('int_agent_primary_teams') }}

),

builds as (

    select * from {{ ref('stg_landing__builds') }}

),

runs as (

    select
        tickets.ticket_number,
        tickets.created_at as started_at,
        coalesce(lifecycles.first_closed_at, {{ end_of_time() }}) as ended_at
    from tickets
    inner join lifecycles
        on tickets.ticket_number = lifecycles.ticket_number
    where
        tickets.created_at < coalesce(lifecycles.first_closed_at, {{ end_of_time() }})
        -- A ticket closed at an unknown time is in the backlog of no date.
        and (lifecycles.status_state <> 'closed' or lifecycles.closed_at is not null)
    union all
    select
        ticket_number,
        happened_at as started_at,
        coalesce(after_at, {{ end_of_time() }}) as ended_at
    from reopens
    where happened_at < coalesce(after_at, {{ end_of_time() }})

),

boundaries as (

    select
        ticket_number,
        started_at as run_started_at,
        started_at,
        ended_at
    from runs
    union all
    select
        runs.ticket_number,
        runs.started_at as run_started_at,
        changes.changed_at as started_at,
        runs.ended_at
    from runs
    inner join changes
        on
            runs.ticket_number = changes.ticket_number
            and runs.started_at < changes.changed_at
            and runs.ended_at > changes.changed_at

),

intervals as (

    select
        ticket_number,
        started_at,
        coalesce(
            lead(started_at) over (
                partition by ticket_number, run_started_at order by started_at
            ),
            ended_at
        ) as ended_at
    from boundaries

),

described as (

    {{ properties_at(
        'intervals', 'started_at', ['agent', 'priority', 'pipeline', 'channel_account']
    ) }}

),

-- A team move after as_of has no effect yet.
team_changes as (

    select
        starts_and_ends.source_system,
        starts_and_ends.agent_id,
        starts_and_ends.changed_at
    from (
        select
            source_system,
            agent_id,
            valid_from as changed_at
        from primary_teams
        union
        select
            source_system,
            agent_id,
            valid_to as changed_at
        from primary_teams
    ) as starts_and_ends
    cross join builds
    where starts_and_ends.changed_at <= builds.as_of

),

-- A ticket without a team follows its owner to another team.
moves as (

    select
        described.ticket_number,
        described.started_at,
        team_changes.changed_at as moved_at
    from described
    inner join team_changes
        on
            described.source_system = team_changes.source_system
            and described.agent = team_changes.agent_id
            and described.started_at < team_changes.changed_at
            and described.ended_at > team_changes.changed_at
    where described.own_team is null

),

moved as (

    select
        described.source_system,
        described.ticket_number,
        described.started_at,
        described.ended_at,
        described.agent,
        described.own_team,
        described.priority,
        described.pipeline,
        described.channel_account
    from described
    union all
    select
        described.source_system,
        described.ticket_number,
        moves.moved_at as started_at,
        described.ended_at,
        described.agent,
        described.own_team,
        described.priority,
        described.pipeline,
        described.channel_account
    from described
    inner join moves
        on
            described.ticket_number = moves.ticket_number
            and described.started_at = moves.started_at

),

ended as (

    select
        source_system,
        ticket_number,
        started_at,
        lead(started_at) over by_time as next_started_at,
        ended_at,
        row_number() over by_time as interval_number,
        agent,
        own_team,
        priority,
        pipeline,
        channel_account
    from moved
    window by_time as (partition by ticket_number order by started_at)

),

with_team as (

    select
        ended.source_system,
        ended.ticket_number,
        ended.interval_number,
        ended.started_at,
        least(ended.ended_at, coalesce(ended.next_started_at, ended.ended_at)) as ended_at,
        ended.agent as agent_id,
        coalesce(ended.own_team, primary_teams.team_id) as team_id,
        ended.priority,
        ended.pipeline as pipeline_id,
        ended.channel_account as channel_account_id
    from ended
    left join primary_teams
        on
            ended.source_system = primary_teams.source_system
            and ended.agent = primary_teams.agent_id
            and ended.started_at >= primary_teams.valid_from
            and ended.started_at < primary_teams.valid_to

)

select
    source_system,
    ticket_number,
    interval_number,
    started_at,
    case when ended_at < {{ end_of_time() }} then ended_at end as ended_at,
    agent_id,
    team_id,
    priority,
    pipeline_id,
    channel_account_id
from with_team
