{{ config(
    materialized='incremental',
    incremental_strategy='changed_tickets',
    unique_key=['ticket_key', 'interval_number']
) }}
-- depends_on: {{ ref('int_changed_tickets') }}

with

intervals as (

    select * from {{ ref('int_ticket_open_intervals') }}

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
        intervals.interval_number,
        intervals.started_at,
        intervals.ended_at,
        intervals.ended_at is null as is_current,
        coalesce(agents.agent_key, 'unknown') as agent_key,
        coalesce(teams.team_key, 'unknown') as team_key,
        coalesce(channel_accounts.channel_account_key, 'unknown') as channel_account_key,
        coalesce(pipelines.pipeline_key, 'unknown') as pipeline_key,
        tickets.company_key,
        tickets.channel_key,
        intervals.priority,
        tickets.created_at,
        tickets.is_excluded,
        tickets.source_system
    from intervals
    inner join numbered
        on intervals.ticket_number = numbered.ticket_number
    inner join tickets
        on numbered.ticket_key = tickets.ticket_key
    left join agents
        on
            intervals.agent_id = agents.agent_id
            and intervals.source_system = agents.source_system
    left join teams
        on
            intervals.team_id = teams.team_id
            and intervals.source_system = teams.source_system
    left join channel_accounts
        on
            intervals.channel_account_id = channel_accounts.channel_account_id
            and intervals.source_system = channel_accounts.source_system
    left join pipelines
        on
            intervals.pipeline_id = pipelines.pipeline_id
            and intervals.source_system = pipelines.source_system

)

select * from joined
