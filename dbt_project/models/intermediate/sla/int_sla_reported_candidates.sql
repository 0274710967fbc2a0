{%- set metrics = reported_sla_metrics() -%}
with

builds as (

    select * from {{ ref('stg_landing__builds') }}

),

moments as (

    select
        false as is_day_before,
        as_of as moment_at
    from builds
    union all
    select
        true as is_day_before,
        day_before_at as moment_at
    from builds

),

tickets as (

    select
        resolved.source_system,
        resolved.ticket_id,
        resolved.ticket_number,
        resolved.created_at,
        lifecycles.status_state = 'closed' and lifecycles.closed_at is null as is_close_unknown
    from {{ ref('int_tickets_resolved') }} as resolved
    inner join {{ ref('int_ticket_lifecycles') }} as lifecycles
        on resolved.ticket_number = lifecycles.ticket_number

),

-- The ticket row counts where there is no history.
stored as (
    {% for metric, number in metrics.items() %}
    select
        tickets.ticket_number,
        {{ number }} as metric_number,
        valid.reported_{{ metric }}_due_at as due_at,
        {{ reported_sla_status('valid.reported_' ~ metric ~ '_sla_status', unknown='null') }} as status,
        {{ {
            'first_response': 'valid.reported_first_response_at',
            'time_to_close': 'valid.reported_closed_at',
        }.get(metric, 'cast(null as timestamp)') }} as ended_at
    from {{ ref('int_tickets_valid') }} as valid
    inner join tickets
        on
            valid.source_system = tickets.source_system
            and valid.ticket_id = tickets.ticket_id
    left join {{ ref('int_sla_targeted_metrics') }} as targeted
        on
            targeted.metric = '{{ metric }}'
            and valid.source_system = targeted.source_system
    where targeted.metric is null
    {{ 'union all' if not loop.last }}
    {%- endfor %}

),

histories as (

    select
        ticket_number,
        metric_number,
        bool_or(is_due) as has_due_history,
        bool_or(not is_due) as has_status_history
    from {{ ref('int_sla_reported_changes') }}
    group by ticket_number, metric_number

),

reported as (

    select
        stored.*,
        coalesce(histories.has_due_history, false) as has_due_history,
        coalesce(histories.has_status_history, false) as has_status_history
    from stored
    left join histories
        on
            stored.ticket_number = histories.ticket_number
            and stored.metric_number = histories.metric_number
    where
        histories.ticket_number is not null
        or stored.due_at is not null
        or stored.status is not null

),

tickets_at_moments as (

    select
        tickets.source_system,
        tickets.ticket_number,
        tickets.created_at,
        tickets.is_close_unknown,
        moments.is_day_before,
        moments.moment_at
    from tickets
    inner join moments
        on tickets.created_at <= moments.moment_at
    where tickets.ticket_number in (select reported.ticket_number from reported)

),

lasting_closes as (

    select
        tickets_at_moments.ticket_number,
        tickets_at_moments.is_day_before,
        max(closes.happened_at) as closed_at
    from tickets_at_moments
    inner join {{ ref('int_ticket_closes') }} as closes
        on
            closes.transition = 'close'
            and tickets_at_moments.ticket_number = closes.ticket_number
            and tickets_at_moments.moment_at >= closes.happened_at
            and tickets_at_moments.moment_at < coalesce(closes.after_at, {{ end_of_time() }})
    group by tickets_at_moments.ticket_number, tickets_at_moments.is_day_before

),

states as (

    select
        tickets_at_moments.*,
        lasting_closes.closed_at,
        case
            when messages.first_response_at <= tickets_at_moments.moment_at
                then greatest(messages.first_response_at, tickets_at_moments.created_at)
        end as responded_at,
        messages.first_response_at
    from tickets_at_moments
    left join lasting_closes
        on
            tickets_at_moments.ticket_number = lasting_closes.ticket_number
            and tickets_at_moments.is_day_before = lasting_closes.is_day_before
    left join {{ ref('int_ticket_message_counts') }} as messages
        on tickets_at_moments.ticket_number = messages.ticket_number

),

-- The status of the ticket row is that of as_of, so that of the day before is unknown.
candidates as (

    select
        states.*,
        reported.metric_number,
        reported.has_due_history,
        reported.has_status_history,
        reported.due_at as stored_due_at,
        case when not states.is_day_before then reported.status end as stored_status,
        case
            when reported.ended_at >= states.created_at and reported.ended_at <= states.moment_at
                then reported.ended_at
        end as stored_ended_at
    from reported
    inner join states
        on reported.ticket_number = states.ticket_number

)

select * from candidates
