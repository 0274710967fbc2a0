{{ config(
    materialized='incremental',
    incremental_strategy='changed_tickets',
    unique_key=['ticket_key', 'stretch_number']
) }}

with

stretches as (

    select * from {{ ref('int_ticket_open_stretches_built') }}

),

tickets as (

    select * from {{ ref('fct_tickets') }}

),

numbered as (

    select * from {{ ref('int_tickets_numbered') }}

),

agents as (

    select * from {{ ref('dim_agents') }}

),

teams as (

    select * from {{ ref('dim_teams') }}

),

channel_accounts as (

    select * from {{ ref('dim_channel_accounts') }}

),

pipelines as (

    select * from {{ ref('dim_pipelines') }}

),

joined as (

    select
        tickets.ticket_key,
        stretches.stretch_number,
        stretches.started_at,
        stretches.ended_at,
        stretches.ended_at is null as is_current,
        coalesce(agents.agent_key, 'unknown') as agent_key,
        coalesce(teams.team_key, 'unknown') as team_key,
        coalesce(channel_accounts.channel_account_key, 'unknown') as channel_account_key,
        coalesce(pipelines.pipeline_key, 'unknown') as pipeline_key,
        tickets.company_key,
        tickets.channel_key,
        stretches.priority,
        tickets.created_at,
        tickets.is_excluded,
        tickets.source_system
    from stretches
    inner join numbered
        on stretches.ticket_number = numbered.ticket_number
    inner join tickets
        on numbered.ticket_key = tickets.ticket_key
    left join agents
        on
            {{ entity_key('stretches.agent_id', 'stretches.source_system') }} = agents.agent_key
    left join teams
        on {{ entity_key('stretches.team_id', 'stretches.source_system') }} = teams.team_key
    left join channel_accounts
        on
            {{ entity_key('stretches.channel_account_id', 'stretches.source_system') }}
            = channel_accounts.channel_account_key
    left join pipelines
        on
            {{ entity_key('stretches.pipeline_id', 'stretches.source_system') }}
            = pipelines.pipeline_key

)

select * from joined
