{{ config(materialized='view') }}

{%- set properties = ['pipeline', 'priority', 'team', 'channel', 'source'] -%}
with

runs as (

    select * from {{ ref('int_sla_runs_described') }}

),

matches as (

    select * from {{ ref('int_sla_policies_matched') }}

),

targets as (

    select * from {{ ref('int_sla_targets_chosen') }}

),

calendars as (

    select * from {{ ref('int_calendars_numbered') }}

),

with_policy as (

    select
        runs.*,
        coalesce(runs.applied_policy_id, matches.policy_id) as policy_id
    from runs
    left join matches
        on
            case when runs.applied_policy_id is null then runs.source_system end
            = matches.source_system
            {% for property in properties -%}
            and runs.{{ property }} is not distinct from matches.{{ property }}
            {% endfor -%}
            and runs.started_at >= matches.era_from
            and runs.started_at < matches.era_to

),

-- A target for the ticket's priority beats one for any.
with_target as (

    select
        with_policy.source_system,
        with_policy.ticket_number,
        with_policy.metric,
        with_policy.occurrence,
        with_policy.is_first_close,
        with_policy.started_at,
        with_policy.ended_at,
        with_policy.is_cancelled,
        with_policy.decided_at,
        with_policy.policy_id,
        coalesce(own.goal_seconds, general.goal_seconds) as goal_seconds,
        case when own.policy_id is null then general.due_soon_seconds else own.due_soon_seconds end
            as due_soon_seconds,
        coalesce(
            with_policy.applied_schedule_id,
            case when own.policy_id is null then general.schedule_id else own.schedule_id end
        ) as schedule_id,
        coalesce(own.holidays_apply, general.holidays_apply) as holidays_apply
    from with_policy
    left join targets as own
        on
            with_policy.source_system = own.source_system
            and with_policy.policy_id = own.policy_id
            and with_policy.metric = own.metric
            and with_policy.priority = own.priority
            and with_policy.started_at >= own.era_from
            and with_policy.started_at < own.era_to
    left join targets as general
        on
            general.priority is null
            and with_policy.source_system = general.source_system
            and with_policy.policy_id = general.policy_id
            and with_policy.metric = general.metric
            and with_policy.started_at >= general.era_from
            and with_policy.started_at < general.era_to
    where coalesce(own.goal_seconds, general.goal_seconds) is not null

),

targeted as (

    select
        with_target.*,
        calendars.calendar_id,
        {{ epoch_seconds('with_target.started_at') }} as start_epoch,
        {{ epoch_seconds('with_target.decided_at') }} as end_epoch
    from with_target
    left join calendars
        on
            with_target.source_system = calendars.source_system
            and with_target.schedule_id = calendars.schedule_id
            and with_target.holidays_apply = calendars.holidays_apply

),

counted as (

    select
        targeted.*,
        {{ open_seconds_before('at_start', 'targeted.start_epoch') }} as open_at_start,
        {{ open_seconds_before('at_end', 'targeted.end_epoch') }} as open_at_end
    from targeted
    {{ calendar_join('at_start', 'targeted.calendar_id', 'targeted.start_epoch') }}
    {{ calendar_join('at_end', 'targeted.calendar_id', 'targeted.end_epoch') }}

)

select * from counted
