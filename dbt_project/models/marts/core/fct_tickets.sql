{{ config(
    materialized='incremental',
    incremental_strategy='changed_tickets',
    unique_key=['ticket_key']
) }}
{%- set own_columns_of_tickets = own_ticket_columns() %}
-- depends_on: {{ ref('int_changed_tickets') }}

with

tickets as (

    select * from {{ ref('int_tickets_resolved') }}

),

lifecycles as (

    select * from {{ ref('int_ticket_lifecycles') }}

),

messages as (

    select * from {{ ref('int_ticket_message_counts') }}

),

durations as (

    select * from {{ ref('int_ticket_durations') }}

),

reopens as (

    select * from {{ ref('int_ticket_reopens') }}

),

-- The schedule of the ticket at as_of.
schedules as (

    select
        assigned.ticket_number,
        calendars.schedule_id
    from {{ ref('int_ticket_schedules') }} as assigned
    cross join {{ ref('stg_landing__builds') }} as builds
    inner join {{ ref('int_calendars') }} as calendars
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
{% if own_columns_of_tickets %}
own_values as {{ inlined() }} (

    select * from {{ ref('int_ticket_own_fields') }}

),

own as (

    {{ own_columns('own_values', ['ticket_number'], own_columns_of_tickets) }}

),
{% endif %}
joined as (

    select
        tickets.ticket_key,
        tickets.ticket_id,
        tickets.created_at,
        {{ report_date('tickets.created_at') }} as created_date,
        lifecycles.closed_at,
        {{ report_date('lifecycles.closed_at') }} as closed_date,
        lifecycles.closed_at_basis,
        lifecycles.first_closed_at,
        lifecycles.status_id,
        lifecycles.status_state,
        lifecycles.is_status_inferred,
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
        case when not tickets.is_outbound then durations.first_response_started_at end
            as first_response_started_at,
        messages.first_response_at,
        {{ report_date('messages.first_response_at') }} as first_response_date,
        coalesce(responders.agent_key, 'unknown') as first_response_agent_key,
        {{ seconds_between('durations.first_response_started_at', 'messages.first_response_at') }}
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
        lifecycles.status_state = 'closed' and coalesce(messages.agent_response_count, 0) = 1
            as is_one_touch,
        case
            when lifecycles.status_state = 'closed' and messages.first_response_at is not null
                then lifecycles.reopen_count = 0 and messages.later_answer_count = 0
        end as is_first_contact_resolution,
        schedules.schedule_id,
        {{ record_url('ticket', 'tickets.ticket_id', 'tickets.source_system', 'tickets.url') }} as url,
        {% for name in own_columns_of_tickets -%}
        own.{{ name }},
        {% endfor -%}
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
            messages.first_response_agent_id = responders.agent_id
            and tickets.source_system = responders.source_system
    left join agents
        on
            tickets.agent_id = agents.agent_id
            and tickets.source_system = agents.source_system
    left join teams
        on
            tickets.team_id = teams.team_id
            and tickets.source_system = teams.source_system
    left join companies
        on
            tickets.company_id = companies.company_id
            and tickets.source_system = companies.source_system
    left join contacts
        on
            tickets.contact_id = contacts.contact_id
            and tickets.source_system = contacts.source_system
    left join channels
        on
            tickets.channel_id = channels.channel_id
            and tickets.source_system = channels.source_system
    left join channel_accounts
        on
            tickets.channel_account_id = channel_accounts.channel_account_id
            and tickets.source_system = channel_accounts.source_system
    left join pipelines
        on
            tickets.pipeline_id = pipelines.pipeline_id
            and tickets.source_system = pipelines.source_system
    {%- if own_columns_of_tickets %}
    left join own
        on tickets.ticket_number = own.ticket_number
    {%- endif %}

)

select * from joined
