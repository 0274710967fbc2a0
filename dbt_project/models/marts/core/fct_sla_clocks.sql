{{ config(
    materialized='incremental',
    incremental_strategy='changed_tickets',
    unique_key=['ticket_key', 'metric', 'occurrence']
) }}
-- depends_on: {{ ref('int_changed_tickets') }}

with

clocks as (

    select * from {{ ref('int_sla_clock_status') }}
    where not is_first_close

),

first_closes as (

    select * from {{ ref('int_sla_clock_status') }}
    where is_first_close

),

compared as (

    select * from {{ ref('int_sla_clock_status_day_before') }}

),

reported as (

    select * from {{ ref('int_sla_reported_clocks') }}
    where not is_day_before

),

builds as (

    select * from {{ ref('stg_landing__builds') }}

),

reported_compared as (

    select reported_then.*
    from {{ ref('int_sla_reported_clocks') }} as reported_then
    cross join builds
    where
        reported_then.is_day_before
        and (
            (
                reported_then.ended_at is null
                and reported_then.status in ('active', 'overdue', 'due_soon', 'paused')
            )
            or {{ report_date('reported_then.ended_at') }} = builds.day_before_date
        )

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

lifecycles as (

    select * from {{ ref('int_ticket_lifecycles') }}

),

calendars as (

    select * from {{ ref('int_calendars') }}

),

targets as (

    select distinct
        target_number,
        sla_target_key
    from {{ ref('int_sla_target_periods') }}

),

computed as (

    select
        clocks.ticket_number,
        clocks.metric,
        clocks.occurrence,
        'computed' as basis,
        clocks.policy_id,
        case
            when clocks.is_applied_target
                then {{ applied_target_key('clocks', 'clocks.applied_schedule_id', 'tickets.source_system') }}
            else targets.sla_target_key
        end as sla_target_key,
        clocks.goal_seconds,
        clocks.started_at,
        clocks.ended_at,
        clocks.due_at,
        clocks.elapsed_seconds,
        clocks.status,
        clocks.is_paused,
        clocks.paused_intervals,
        calendars.schedule_id,
        calendars.holidays_apply,
        clocks.is_in_ticket_schedule
    from clocks
    inner join tickets
        on clocks.ticket_number = tickets.ticket_number
    left join targets
        on clocks.target_number = targets.target_number
    left join calendars
        on clocks.end_calendar_id = calendars.calendar_id

),

-- Clocks that the help desk stored, for the metrics without a target.
all_clocks as (

    select * from computed
    union all
    select
        ticket_number,
        metric,
        occurrence,
        'reported' as basis,
        cast(null as string) as policy_id,
        cast(null as string) as sla_target_key,
        cast(null as bigint) as goal_seconds,
        started_at,
        ended_at,
        due_at,
        cast(null as bigint) as elapsed_seconds,
        status,
        status = 'paused' as is_paused,
        cast(null as string) as paused_intervals,
        cast(null as string) as schedule_id,
        cast(null as boolean) as holidays_apply,
        false as is_in_ticket_schedule
    from reported

),

-- A metric of a ticket has computed or reported clocks, never both.
all_compared as (

    select
        ticket_number,
        metric,
        occurrence,
        status
    from compared
    union all
    select
        ticket_number,
        metric,
        occurrence,
        status
    from reported_compared

),

-- Without a reopening the first close is the only one.
joined as (

    select
        tickets.ticket_key,
        tickets.ticket_id,
        all_clocks.metric,
        cast(all_clocks.occurrence as bigint) as occurrence,
        all_clocks.basis,
        all_clocks.policy_id,
        all_clocks.sla_target_key,
        all_clocks.goal_seconds,
        all_clocks.started_at,
        all_clocks.ended_at,
        all_clocks.due_at,
        {{ report_date('all_clocks.due_at') }} as due_date,
        all_clocks.elapsed_seconds,
        all_clocks.status,
        case
            when
                all_clocks.metric in ('time_to_close', 'requester_wait', 'agent_work')
                and lifecycles.first_closed_at = lifecycles.closed_at
                then all_clocks.status
            else first_closes.status
        end as status_at_first_close,
        all_compared.status as status_a_day_before,
        all_clocks.is_paused,
        all_clocks.paused_intervals,
        all_clocks.schedule_id,
        all_clocks.holidays_apply,
        all_clocks.is_in_ticket_schedule,
        filters.agent_key,
        filters.team_key,
        filters.channel_account_key,
        filters.pipeline_key,
        filters.company_key,
        tickets.is_excluded,
        tickets.source_system
    from all_clocks
    inner join tickets
        on all_clocks.ticket_number = tickets.ticket_number
    inner join filters
        on tickets.ticket_key = filters.ticket_key
    inner join lifecycles
        on all_clocks.ticket_number = lifecycles.ticket_number
    left join first_closes
        on
            all_clocks.ticket_number = first_closes.ticket_number
            and all_clocks.metric = first_closes.metric
            and all_clocks.occurrence = first_closes.occurrence
    left join all_compared
        on
            all_clocks.ticket_number = all_compared.ticket_number
            and all_clocks.metric = all_compared.metric
            and all_clocks.occurrence = all_compared.occurrence

)

select * from joined
