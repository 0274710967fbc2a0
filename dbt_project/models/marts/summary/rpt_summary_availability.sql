with

agents as (

    select * from {{ ref('dim_agents').include(database=false) }}
    where is_active

),

availability as (

    select * from {{ ref('fct_agent_availability').include(database=false) }}
    where is_current

),

figures as (

    select
        agents.agent_key,
        agents.team_key,
        availability.status,
        availability.reason,
        availability.started_at as since,
        agents.capacity,
        'count' as unit
    from agents
    left join availability
        on agents.agent_key = availability.agent_key

),

open_tickets as (

    {{ open_tickets() }}

),

events as (

    select
        comparison_time,
        agent_key,
        1 as amount
    from open_tickets

),

summed as (

    {{ summary_figures('figures', 'events', ['agent_key']) }}

)

select
    agent_key,
    team_key,
    status,
    reason,
    since,
    capacity,
    value >= capacity as is_at_capacity,
    unit,
    value,
    n,
    comparison_value,
    comparison_n,
    as_of,
    comparison_as_of
from summed
