{{ config(materialized='view') }}

{%- set properties = ['pipeline', 'priority', 'team', 'channel', 'source', 'agent', 'channel_account', 'company', 'category'] -%}
{%- set matched = properties + (['named_values'] if own_fields('ticket') else []) -%}
with

runs as (

    select * from {{ ref('int_sla_clock_properties') }}

),

matches as (

    select * from {{ ref('int_sla_policy_matches') }}

),

targets as (

    select * from {{ ref('int_sla_target_periods') }}

),

calendars as (

    select * from {{ ref('int_calendars') }}

),

-- The help desks with a target that counts in the ticket's own schedule.
sources_in_ticket_schedule as (

    select source_system
    from targets
    where schedule_id = 'ticket'
    union
    select source_system
    from {{ ref('int_ticket_sla_applied_valid') }}
    where schedule_id = 'ticket'

),

-- Almost every ticket keeps one schedule.
own_schedules as (

    select
        schedules.ticket_number,
        calendars.schedule_id
    from {{ ref('int_ticket_schedules') }} as schedules
    inner join sources_in_ticket_schedule
        on schedules.source_system = sources_in_ticket_schedule.source_system
    inner join calendars
        on schedules.calendar_id = calendars.calendar_id
    where schedules.interval_count = 1

),

changing_schedules as (

    select distinct ticket_number
    from {{ ref('int_sla_ticket_schedules') }}

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
            {% for property in matched -%}
            and runs.{{ property }} is not distinct from matches.{{ property }}
            {% endfor -%}
            and runs.started_at >= matches.period_from
            and runs.started_at < matches.period_to

),

-- A target for the ticket's priority has priority over one for any.
with_target as (

    select
        with_policy.clock_number,
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
        coalesce(own.target_number, general.target_number) as target_number,
        with_policy.applied_goal_seconds is not null as is_applied_target,
        case when with_policy.applied_goal_seconds is not null then with_policy.applied_schedule_id end
            as applied_schedule_id,
        coalesce(with_policy.applied_goal_seconds, own.goal_seconds, general.goal_seconds)
            as goal_seconds,
        case when own.policy_id is null then general.due_soon_seconds else own.due_soon_seconds end
            as due_soon_seconds,
        coalesce(
            with_policy.applied_schedule_id,
            case when own.policy_id is null then general.schedule_id else own.schedule_id end
        ) as schedule_id,
        coalesce(own.holidays_apply, general.holidays_apply, true) as holidays_apply
    from with_policy
    left join targets as own
        on
            case when with_policy.applied_goal_seconds is null then with_policy.source_system end
            = own.source_system
            and with_policy.policy_id = own.policy_id
            and with_policy.metric = own.metric
            and {{ compared('with_policy.priority') }} = own.priority
            and with_policy.started_at >= own.period_from
            and with_policy.started_at < own.period_to
    left join targets as general
        on
            general.priority is null
            and case when with_policy.applied_goal_seconds is null then with_policy.source_system end
            = general.source_system
            and with_policy.policy_id = general.policy_id
            and with_policy.metric = general.metric
            and with_policy.started_at >= general.period_from
            and with_policy.started_at < general.period_to
    where coalesce(with_policy.applied_goal_seconds, own.goal_seconds, general.goal_seconds) is not null

),

placed as (

    select
        with_target.*,
        coalesce(with_target.schedule_id = 'ticket', false) as is_in_ticket_schedule,
        changing_schedules.ticket_number as changing_ticket_number,
        case
            when with_target.schedule_id = 'ticket' then own_schedules.schedule_id
            else with_target.schedule_id
        end as counted_schedule_id
    from with_target
    left join own_schedules
        on
            case when with_target.schedule_id = 'ticket' then with_target.ticket_number end
            = own_schedules.ticket_number
    left join changing_schedules
        on
            case when with_target.schedule_id = 'ticket' then with_target.ticket_number end
            = changing_schedules.ticket_number

),

targeted as (

    select
        placed.*,
        calendars.calendar_id,
        {{ epoch_seconds('placed.started_at') }} as start_epoch,
        {{ epoch_seconds('placed.decided_at') }} as end_epoch
    from placed
    left join calendars
        on
            placed.source_system = calendars.source_system
            and placed.counted_schedule_id = calendars.schedule_id
            and placed.holidays_apply = calendars.holidays_apply

),

counted as (

    select
        targeted.*,
        {{ open_seconds_before('at_start', 'targeted.start_epoch') }}
        + coalesce(start_schedules.open_offset, 0) as open_at_start,
        {{ open_seconds_before('at_end', 'targeted.end_epoch') }}
        + coalesce(end_schedules.open_offset, 0) as open_at_end,
        coalesce(end_schedules.calendar_id, targeted.calendar_id) as end_calendar_id,
        coalesce(end_schedules.open_offset, 0) as end_open_offset
    from targeted
    {{ own_schedule_join('start_schedules', 'targeted', 'targeted.start_epoch') }}
    {{ own_schedule_join(
        'end_schedules', 'targeted', 'targeted.decided_at', ('valid_from', 'valid_to')
    ) }}
    {{ calendar_join(
        'at_start', 'coalesce(start_schedules.calendar_id, targeted.calendar_id)', 'targeted.start_epoch'
    ) }}
    {{ calendar_join(
        'at_end', 'coalesce(end_schedules.calendar_id, targeted.calendar_id)', 'targeted.end_epoch'
    ) }}

)

select * from counted
