{{ config(
    materialized='incremental',
    incremental_strategy='changed_tickets',
    unique_key=['ticket_key', 'metric']
) }}

{%- set running = "('active', 'overdue', 'due_soon', 'paused')" %}
{%- set ended = "('completed_on_time', 'completed_late', 'cancelled')" %}
with

tickets as (

    select
        resolved.ticket_number,
        resolved.ticket_key,
        unioned.*
    from {{ ref('int_tickets_unioned') }} as unioned
    inner join {{ ref('int_tickets_resolved') }} as resolved
        on
            unioned.source_system = resolved.source_system
            and unioned.ticket_id = resolved.ticket_id
    where not resolved.is_excluded

),

lifecycles as (

    select * from {{ ref('int_ticket_lifecycles_summarised') }}

),

messages as (

    select * from {{ ref('int_ticket_messages_summarised') }}

),

clocks as (

    select
        *,
        row_number() over (partition by ticket_number, metric order by occurrence desc) as position
    from {{ ref('int_sla_clocks_judged') }}
    where not is_first_close

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
    {{ 'union all' if not loop.last }}
    {%- endfor %}

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
        reported.reported_ended_at,
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
    where
        reported.reported_ended_at is not null
        or reported.reported_due_at is not null
        or reported.reported_status is not null

),

-- A running clock was looked at by the vendor at another moment than as_of: active, due soon,
-- overdue and paused are no contradiction. A clock that is paused has no due time to compare.
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
            when reported_due_at is null or (has_clock and due_at is null) then null
            else coalesce({{ seconds_between('due_at', 'reported_due_at') }} <> 0, true)
        end as is_due_differing,
        case
            when reported_status is not null
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
    from joined

)

select * from compared
