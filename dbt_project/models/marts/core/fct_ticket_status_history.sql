{{ config(
    materialized='incremental',
    incremental_strategy='changed_tickets',
    unique_key=['ticket_key', 'interval_number']
) }}
-- depends_on: {{ ref('int_changed_tickets') }}

with

intervals as (

    select * from {{ ref('int_ticket_status_durations') }}

),

tickets as (

    select * from {{ ref('int_tickets_resolved') }}

),

-- The keys of the report filters, from the ticket, so that a report reads one fact without joins.
filters as (

    select
        ticket_key,
        agent_key,
        team_key,
        channel_account_key,
        pipeline_key,
        company_key
    from {{ ref('fct_tickets') }}

),

joined as (

    select
        tickets.ticket_key,
        tickets.ticket_id,
        cast(intervals.interval_number as bigint) as interval_number,
        intervals.status_id,
        intervals.status_state,
        coalesce({{ entity_key('intervals.status_path', 'tickets.source_system') }}, 'unknown')
            as status_key,
        intervals.entered_at,
        {{ report_date('intervals.entered_at') }} as entered_date,
        intervals.left_at,
        intervals.left_at is null as is_current,
        intervals.is_inferred,
        intervals.duration_seconds,
        intervals.business_seconds as duration_business_seconds,
        filters.agent_key,
        filters.team_key,
        filters.channel_account_key,
        filters.pipeline_key,
        filters.company_key,
        tickets.is_excluded,
        tickets.source_system
    from intervals
    inner join tickets
        on intervals.ticket_number = tickets.ticket_number
    inner join filters
        on tickets.ticket_key = filters.ticket_key

)

select * from joined
