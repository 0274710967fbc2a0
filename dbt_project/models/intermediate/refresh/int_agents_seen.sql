{{ config(materialized='incremental', incremental_strategy='append') }}

with

builds as (

    select * from {{ ref('stg_landing__builds') }}

),

agents as (

    select distinct
        source_system,
        agent_id
    from {{ ref('stg_agents') }}
    where agent_id is not null

),

{% if is_incremental() -%}
seen as (

    select
        source_system,
        agent_id
    from {{ this }}

),

{% endif -%}
arrived as (

    select
        agents.source_system,
        agents.agent_id,
        builds.build_id
    from agents
    cross join builds
    {%- if is_incremental() %}
    left join seen
        on
            agents.source_system = seen.source_system
            and agents.agent_id = seen.agent_id
    where seen.agent_id is null
    {%- endif %}

)

select * from arrived
