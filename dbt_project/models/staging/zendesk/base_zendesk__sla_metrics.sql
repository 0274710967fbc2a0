with

versions as (

    select * from {{ ref('base_zendesk__sla_policy_versions') }}

),

targets as (

    {{ json_records(
        'versions',
        ['id', 'valid_from', 'valid_to', '_file', '_row'],
        'policy_metrics',
        ['priority', 'metric', 'target', 'target_in_seconds', 'business_hours']
    ) }}

),

-- Metrics that are no clock of the contract are left out: updates in between, time in a group.
measured as (

    select
        id as policy_id,
        valid_from,
        valid_to,
        record_number,
        record_priority as priority,
        record_metric as vendor_metric,
        coalesce(
            record_target_in_seconds, cast(60 * try_cast(record_target as bigint) as string)
        ) as goal_seconds,
        record_business_hours = 'true' as is_in_business_hours,
        case
            {% for clock, metrics in zendesk_metrics().items() -%}
            when record_metric in ('{{ metrics | join("', '") }}') then '{{ clock }}'
            {% endfor -%}
        end as clock,
        case record_metric
            {% for metrics in zendesk_metrics().values() -%}
            {% for metric in metrics -%}
            when '{{ metric }}' then {{ loop.index }}
            {% endfor -%}
            {% endfor -%}
        end as place,
        _file,
        _row
    from targets

),

-- The one clock until the close: of several metrics that measure it, the first of the policy.
chosen as (

    select
        *,
        rank() over (partition by _file, _row, clock order by place) as choice
    from measured
    where clock is not null

)

select * from chosen
where choice = 1
