{{ config(
    materialized='incremental',
    incremental_strategy='changed_tickets',
    unique_key=['ticket_key', 'metric']
) }}

{%- set running = "('active', 'overdue', 'due_soon', 'paused')" %}
{%- set ended = "('completed_on_time', 'completed_late', 'cancelled')" %}
-- depends_on: {{ ref('int_changed_tickets') }}
with

tickets as (

    select
        resolved.ticket_number,
        resolved.ticket_key,
        unioned.*
    from {{ ref('int_tickets_valid') }} as unioned
    inner join {{ ref('int_tickets_resolved') }} as resolved
        on
            unioned.source_system = resolved.source_system
            and unioned.ticket_id = resolved.ticket_id
    where not resolved.is_excluded

),

lifecycles as (

    select * from {{ ref('int_ticket_lifecycles') }}

),

messages as (

    select * from {{ ref('int_ticket_message_counts') }}

),

reported as (
    {% for metric, ended_at in {
        'first_response': 'reported_first_response_at',
        'next_response': 'cast(null as timestamp)',
        'time_to_close': 'reported_closed_at',
    }.items() %}
    select
        source_system,
        ticket_number,
        ticket_key,
        ticket_id,
        '{{ metric }}' as metric,
        {{ ended_at }} as reported_ended_at,
        reported_{{ metric }}_due_at as reported_due_at,
        {{ reported_sla_status('reported_' ~ metric ~ '_sla_status') }} as reported_status
    from tickets
    where
        {{ ended_at }} is not null
        or reported_{{ metric }}_due_at is not null
        or reported_{{ metric }}_sla_status is not null
    {{ 'union all' if not loop.last }}
    {%- endfor %}

),

-- The last clock of each metric with a stored value. The help desk stores none for a message on a closed ticket.
clocks as (

    select
        kept.*,
        row_number() over (
            partition by kept.ticket_number, kept.metric order by kept.occurrence desc
        ) as position
    from {{ ref('int_sla_clock_status') }} as kept
    inner join reported
        on
            kept.ticket_number = reported.ticket_number
            and kept.metric = reported.metric
    where
        not kept.is_first_close
        and not (kept.status = 'cancelled' and kept.started_at = kept.ended_at)

),

joined as (

    select
        reported.source_system,
        reported.ticket_key,
        reported.ticket_id,
        reported.metric,
        cast(clocks.occurrence as bigint) as occurrence,
        clocks.policy_id,
        case reported.metric
            when 'first_response' then messages.first_response_at
            when 'time_to_close' then lifecycles.closed_at
        end as ended_at,
        -- Without events the close is that of the help desk, so there is nothing to compare.
        case
            when reported.metric = 'time_to_close' and lifecycles.closed_at_basis = 'reported' then null
            else reported.reported_ended_at
        end as reported_ended_at,
        clocks.due_at,
        reported.reported_due_at,
        clocks.status,
        reported.reported_status,
        clocks.occurrence is not null as has_clock
    from reported
    inner join lifecycles
        on reported.ticket_number = lifecycles.ticket_number
    left join messages
        on reported.ticket_number = messages.ticket_number
    left join clocks
        on
            reported.ticket_number = clocks.ticket_number
            and reported.metric = clocks.metric
            and clocks.position = 1

),

-- A metric without a target has no computed clock to compare with.
targeted as (

    select * from {{ ref('int_sla_targeted_metrics') }}

),

with_targets as (

    select
        joined.*,
        targeted.metric is not null as is_targeted
    from joined
    left join targeted
        on
            joined.source_system = targeted.source_system
            and joined.metric = targeted.metric

),

-- The vendor stored the status of a running clock at another time than as_of, so active, due soon, overdue and paused
-- do not contradict each other. A paused clock has no due time to compare.
compared as (

    select
        *,
        {{ seconds_between('ended_at', 'reported_ended_at') }} as ended_difference_seconds,
        {{ seconds_between('due_at', 'reported_due_at') }} as due_difference_seconds,
        case
            when reported_ended_at is not null
                then coalesce({{ seconds_between('ended_at', 'reported_ended_at') }} <> 0, true)
        end as is_ended_differing,
        case
            when not is_targeted or reported_due_at is null or (has_clock and due_at is null) then null
            else coalesce({{ seconds_between('due_at', 'reported_due_at') }} <> 0, true)
        end as is_due_differing,
        case
            when is_targeted and reported_status is not null
                then
                    not coalesce(
                        (reported_status in {{ running }} and status in {{ running }})
                        or (reported_status in {{ ended }} and status = reported_status),
                        false
                    )
        end as is_status_differing,
        reported_status is not null
        and reported_status not in {{ running }}
        and reported_status not in {{ ended }} as is_status_unknown
    from with_targets

)

select * from compared
