{%- set metrics = reported_sla_metrics() -%}
with

targeted as (

    select * from {{ ref('int_sla_targeted_metrics') }}

),

history as (

    select
        *,
        replace(replace(field, '_due_at', ''), '_sla_status', '') as metric,
        field like '%due_at' as is_due
    from {{ ref('int_ticket_changes') }}
    where
        field in (
            {%- for metric in metrics %}
            '{{ metric }}_due_at', '{{ metric }}_sla_status'{{ ',' if not loop.last }}
            {%- endfor %}
        )

),

-- The clocks of a metric with a target are computed, and those of the help desk do not count.
changes as (

    select
        history.ticket_number,
        case history.metric
            {%- for metric, number in metrics.items() %}
            when '{{ metric }}' then {{ number }}
            {%- endfor %}
        end as metric_number,
        history.is_due,
        history.changed_at,
        history.change_number,
        history.value,
        history.previous_value,
        case when not history.is_due then {{ reported_sla_status('history.value', unknown='null') }} end as status
    from history
    left join targeted
        on
            history.source_system = targeted.source_system
            and history.metric = targeted.metric
    where targeted.metric is null

)

select * from changes
