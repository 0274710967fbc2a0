{{ config(materialized='view') }}

{%- set close_metrics = ['time_to_close', 'requester_wait', 'agent_work'] -%}
with

builds as (

    select * from {{ ref('stg_landing__builds') }}

),

landed_messages as (

    select * from {{ ref('stg_landing__tables') }}
    where table_name = 'messages' and is_configured

),

targeted as (

    select * from {{ ref('int_sla_targeted_metrics') }}

),

-- Without messages no response is known, so there is no clock, rather than an overdue one.
targeted_metrics as (

    select targeted.*
    from targeted
    left join landed_messages
        on targeted.source_system = landed_messages.source_system
    where
        targeted.metric in ('{{ close_metrics | join("', '") }}')
        or landed_messages.source_system is not null

),

close_metrics as (

    select * from targeted_metrics
    where metric in ('{{ close_metrics | join("', '") }}')

),

update_metrics as (

    select * from targeted_metrics
    where metric in ('periodic_update', 'pausable_update')

),

updated_sources as (

    select distinct source_system
    from update_metrics

),

tickets as (

    select
        resolved.source_system,
        resolved.ticket_number,
        resolved.created_at,
        resolved.is_outbound,
        resolved.is_conversation_unknown,
        lifecycles.closed_at,
        lifecycles.first_closed_at,
        lifecycles.status_state = 'closed' and lifecycles.closed_at is null as is_close_unknown,
        messages.first_response_at
    from {{ ref('int_tickets_resolved') }} as resolved
    inner join {{ ref('int_ticket_lifecycles') }} as lifecycles
        on resolved.ticket_number = lifecycles.ticket_number
    left join {{ ref('int_ticket_message_counts') }} as messages
        on resolved.ticket_number = messages.ticket_number

),

cycles as (

    select
        tickets.source_system,
        built.ticket_number,
        -- No clock starts before the creation of the ticket.
        greatest(built.waiting_since, tickets.created_at) as waiting_since,
        case when built.ended_at is not null then greatest(built.ended_at, tickets.created_at) end as ended_at,
        built.outcome = 'closed' as is_cancelled,
        row_number() over (
            partition by built.ticket_number order by built.cycle_number
        ) as occurrence
    from {{ ref('int_response_cycles') }} as built
    inner join tickets
        on
            built.ticket_number = tickets.ticket_number
            and built.waiting_since > tickets.first_response_at

),

closes as (

    select
        ticket_number,
        happened_at as closed_at,
        after_at,
        row_number() over (partition by ticket_number order by happened_at, before_at nulls first)
            as close_number
    from {{ ref('int_ticket_closes') }}
    where transition = 'close'

),

-- Responses at one time count once; those before the creation of the ticket count at creation.
responses as (

    select distinct
        tickets.source_system,
        tickets.ticket_number,
        tickets.is_close_unknown,
        greatest(messages.sent_at, tickets.created_at) as responded_at
    from {{ ref('int_messages_ordered') }} as messages
    inner join tickets
        on messages.ticket_number = tickets.ticket_number
    inner join updated_sources
        on tickets.source_system = updated_sources.source_system
    where messages.is_agent_response

),

responses_in_order as (

    select
        *,
        lead(responded_at) over (partition by ticket_number order by responded_at)
            as next_responded_at
    from responses

),

closes_before_responses as (

    select
        responses.ticket_number,
        responses.responded_at,
        max(closes.close_number) as closes_before
    from responses
    inner join closes
        on
            responses.ticket_number = closes.ticket_number
            and responses.responded_at >= closes.closed_at
    group by responses.ticket_number, responses.responded_at

),

-- A response on a closed ticket, or at the time of its close, starts no further clock.
updates as (

    select
        responses_in_order.source_system,
        responses_in_order.ticket_number,
        responses_in_order.is_close_unknown,
        responses_in_order.responded_at,
        least(
            coalesce(responses_in_order.next_responded_at, next_closes.closed_at),
            coalesce(next_closes.closed_at, responses_in_order.next_responded_at)
        ) as ended_at,
        row_number() over (
            partition by responses_in_order.ticket_number
            order by responses_in_order.responded_at
        ) as occurrence
    from responses_in_order
    left join closes_before_responses
        on
            responses_in_order.ticket_number = closes_before_responses.ticket_number
            and responses_in_order.responded_at = closes_before_responses.responded_at
    left join closes as last_closes
        on
            closes_before_responses.ticket_number = last_closes.ticket_number
            and closes_before_responses.closes_before = last_closes.close_number
    left join closes as next_closes
        on
            responses_in_order.ticket_number = next_closes.ticket_number
            and coalesce(closes_before_responses.closes_before, 0) + 1 = next_closes.close_number
    where
        last_closes.close_number is null
        or responses_in_order.responded_at >= last_closes.after_at

),

-- Clocks that end with a close at an unknown time are left out.
runs as (

    select
        source_system,
        ticket_number,
        'first_response' as metric,
        1 as occurrence,
        false as is_first_close,
        created_at as started_at,
        coalesce(
            case when first_response_at < created_at then created_at else first_response_at end,
            closed_at
        ) as ended_at,
        first_response_at is null and closed_at is not null as is_cancelled
    from tickets
    where not is_outbound and not is_conversation_unknown and (first_response_at is not null or not is_close_unknown)
    union all
    select
        source_system,
        ticket_number,
        'next_response' as metric,
        occurrence,
        false as is_first_close,
        waiting_since as started_at,
        ended_at,
        is_cancelled
    from cycles
    where ended_at is not null or not is_cancelled
    union all
    select
        tickets.source_system,
        tickets.ticket_number,
        close_metrics.metric,
        1 as occurrence,
        false as is_first_close,
        tickets.created_at as started_at,
        tickets.closed_at as ended_at,
        false as is_cancelled
    from tickets
    inner join close_metrics
        on tickets.source_system = close_metrics.source_system
    where not tickets.is_close_unknown
    union all
    select
        tickets.source_system,
        tickets.ticket_number,
        close_metrics.metric,
        1 as occurrence,
        true as is_first_close,
        tickets.created_at as started_at,
        tickets.first_closed_at as ended_at,
        false as is_cancelled
    from tickets
    inner join close_metrics
        on tickets.source_system = close_metrics.source_system
    where
        tickets.first_closed_at is distinct from tickets.closed_at
        and tickets.first_closed_at is not null
    union all
    select
        updates.source_system,
        updates.ticket_number,
        update_metrics.metric,
        updates.occurrence,
        false as is_first_close,
        updates.responded_at as started_at,
        updates.ended_at,
        false as is_cancelled
    from updates
    inner join update_metrics
        on updates.source_system = update_metrics.source_system
    where updates.ended_at is not null or not updates.is_close_unknown

),

decided as (

    select
        runs.*,
        coalesce(runs.ended_at, builds.as_of) as decided_at
    from runs
    inner join targeted_metrics
        on
            runs.source_system = targeted_metrics.source_system
            and runs.metric = targeted_metrics.metric
    cross join builds

)

select * from decided
