{%- set metrics = reported_sla_metrics() -%}
{%- set ended = ended_sla_statuses() -%}
with

landed_messages as (

    select source_system
    from {{ ref('stg_landing__tables') }}
    where table_name = 'messages' and is_configured

),

described as (

    select
        ticket_number,
        source_system,
        is_day_before,
        moment_at,
        metric_number,
        1 as occurrence,
        started_at,
        due_at,
        status,
        written_at,
        event_at,
        is_unanswered,
        is_end_unknown
    from {{ ref('int_sla_reported_single_clocks') }}
    union all
    select
        ticket_number,
        source_system,
        is_day_before,
        moment_at,
        {{ metrics.next_response }} as metric_number,
        occurrence,
        started_at,
        due_at,
        status,
        written_at,
        event_at,
        is_unanswered,
        is_end_unknown
    from {{ ref('int_sla_reported_next_responses') }}

),

-- A due time before 1970, or a hundred years ahead, does not count.
bounded as (

    select
        ticket_number,
        source_system,
        moment_at,
        is_day_before,
        metric_number,
        occurrence,
        started_at,
        case
            when
                due_at > {{ instant_of_epoch('0') }}
                and {{ epoch_seconds('due_at') }} <= {{ epoch_seconds('moment_at') }} + {{ longest_seconds() }}
                then due_at
        end as due_at,
        status,
        coalesce(status in {{ ended }}, false) as has_ended_status,
        written_at,
        event_at,
        is_unanswered,
        is_end_unknown
    from described

),

-- Without messages and without a status it is unknown whether there was a response.
known as (

    select bounded.*
    from bounded
    left join landed_messages
        on bounded.source_system = landed_messages.source_system
    where
        bounded.has_ended_status
        or (
            (bounded.due_at is not null or bounded.status is not null)
            and not bounded.is_end_unknown
            and (
                landed_messages.source_system is not null
                or bounded.status is not null
                or bounded.metric_number = {{ metrics.time_to_close }}
            )
        )

),

-- The status counts if it has ended the clock, else the events, else the due time.
clocks as (

    select
        ticket_number,
        case metric_number
            {%- for metric, number in metrics.items() %}
            when {{ number }} then '{{ metric }}'
            {%- endfor %}
        end as metric,
        occurrence,
        is_day_before,
        started_at,
        due_at,
        case
            when event_at is not null then event_at
            when has_ended_status and written_at is not null then greatest(written_at, started_at)
        end as ended_at,
        case
            when has_ended_status then status
            when event_at is not null and is_unanswered then 'cancelled'
            when event_at is not null and {{ epoch_seconds('event_at') }} > {{ epoch_seconds('due_at') }}
                then 'completed_late'
            when event_at is not null then 'completed_on_time'
            when status = 'paused' then 'paused'
            when {{ epoch_seconds('due_at') }} < {{ epoch_seconds('moment_at') }} then 'overdue'
            else coalesce(status, 'active')
        end as status
    from known

)

select * from clocks
