{{ config(
    materialized='incremental',
    incremental_strategy='changed_tickets',
    unique_key=['ticket_key']
) }}
{{ read_before('int_ticket_rows_checked') }}

with

tickets as (

    select * from {{ ref('int_tickets_resolved') }}

),

lifecycles as (

    select * from {{ ref('int_ticket_lifecycles_summarised') }}

),

messages as (

    select * from {{ ref('int_ticket_messages_summarised') }}

),

durations as (

    select * from {{ ref('int_tickets_measured') }}

),

reopens as (

    select * from {{ ref('int_ticket_reopens_counted') }}

),

-- The opening hours that a ticket's business time is counted in now.
schedules as (

    select
        assigned.ticket_number,
        calendars.schedule_id
    from {{ ref('int_ticket_calendars_assigned') }} as assigned
    cross join {{ ref('int_builds_current') }} as builds
    inner join {{ ref('int_calendars_numbered') }} as calendars
        on assigned.calendar_id = calendars.calendar_id
    where
        assigned.valid_from <= builds.as_of
        and assigned.valid_to > builds.as_of

),

agents as (

    select * from {{ ref('dim_agents') }}

),

teams as (

    select * from {{ ref('dim_teams') }}

),

companies as (

    select * from {{ ref('dim_companies') }}

),

contacts as (

    select * from {{ ref('dim_contacts') }}

),

channels as (

    select * from {{ ref('dim_channels') }}

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
        tickets.ticket_id,
        tickets.created_at,
        {{ report_date('tickets.created_at') }} as created_date,
        lifecycles.closed_at,
        {{ report_date('lifecycles.closed_at') }} as closed_date,
        lifecycles.first_closed_at,
        lifecycles.status_id,
        lifecycles.status_state,
        coalesce({{ entity_key('lifecycles.status_path', 'tickets.source_system') }}, 'unknown')
            as status_key,
        coalesce(agents.agent_key, 'unknown') as agent_key,
        coalesce(teams.team_key, 'unknown') as team_key,
        coalesce(companies.company_key, 'unknown') as company_key,
        coalesce(contacts.contact_key, 'unknown') as contact_key,
        coalesce(channels.channel_key, 'unknown') as channel_key,
        coalesce(channel_accounts.channel_account_key, 'unknown') as channel_account_key,
        coalesce(pipelines.pipeline_key, 'unknown') as pipeline_key,
        lifecycles.first_assigned_at,
        {{ report_date('lifecycles.first_assigned_at') }} as first_assigned_date,
        tickets.priority,
        tickets.category,
        tickets.source,
        tickets.is_outbound,
        tickets.is_excluded,
        tickets.exclusion_reason,
        messages.first_response_at,
        {{ report_date('messages.first_response_at') }} as first_response_date,
        coalesce(responders.agent_key, 'unknown') as first_response_agent_key,
        {{ seconds_between('tickets.created_at', 'messages.first_response_at') }}
            as first_response_seconds,
        durations.first_response_business_seconds,
        {{ seconds_between('tickets.created_at', 'lifecycles.closed_at') }}
            as time_to_close_seconds,
        durations.time_to_close_business_seconds,
        {{ seconds_between('tickets.created_at', 'lifecycles.first_closed_at') }}
            as first_time_to_close_seconds,
        lifecycles.time_open_seconds,
        {{ seconds_between('tickets.created_at', 'lifecycles.first_assigned_at') }}
            as time_to_assign_seconds,
        lifecycles.reopen_count,
        coalesce(reopens.meaningful_reopen_count, 0) as meaningful_reopen_count,
        lifecycles.last_reopened_at,
        coalesce(messages.agent_response_count, 0) as agent_response_count,
        coalesce(messages.customer_message_count, 0) as customer_message_count,
        coalesce(messages.bot_interaction_count, 0) as bot_interaction_count,
        lifecycles.closed_at is not null and coalesce(messages.agent_response_count, 0) = 1
            as is_one_touch,
        schedules.schedule_id,
        tickets.source_system
    from tickets
    inner join lifecycles
        on tickets.ticket_number = lifecycles.ticket_number
    inner join durations
        on tickets.ticket_number = durations.ticket_number
    left join messages
        on tickets.ticket_number = messages.ticket_number
    left join reopens
        on tickets.ticket_number = reopens.ticket_number
    left join schedules
        on tickets.ticket_number = schedules.ticket_number
    left join agents as responders
        on
            {{ entity_key('messages.first_response_agent_id', 'tickets.source_system') }}
            = responders.agent_key
    left join agents
        on {{ entity_key('tickets.agent_id', 'tickets.source_system') }} = agents.agent_key
    left join teams
        on {{ entity_key('tickets.team_id', 'tickets.source_system') }} = teams.team_key
    left join companies
        on {{ entity_key('tickets.company_id', 'tickets.source_system') }} = companies.company_key
    left join contacts
        on {{ entity_key('tickets.contact_id', 'tickets.source_system') }} = contacts.contact_key
    left join channels
        on {{ entity_key('tickets.channel_id', 'tickets.source_system') }} = channels.channel_key
    left join channel_accounts
        on
            {{ entity_key('tickets.channel_account_id', 'tickets.source_system') }}
            = channel_accounts.channel_account_key
    left join pipelines
        on {{ entity_key('tickets.pipeline_id', 'tickets.source_system') }} = pipelines.pipeline_key

)

select * from joined
