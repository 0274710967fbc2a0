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

-- Other metrics are left out: the time that a group owns a ticket is not a clock of the ticket.
described as (

    select
        id,
        valid_from,
        valid_to,
        record_priority as priority,
        case lower(record_metric)
            {% for metric, names in zendesk_metrics().items() -%}
            {% for name in names -%}
            when '{{ name }}' then '{{ metric }}'
            {% endfor -%}
            {% endfor -%}
        end as metric,
        coalesce(
            record_target_in_seconds, cast(60 * try_cast(record_target as bigint) as string)
        ) as goal_seconds,
        -- Business hours are those of the ticket at each time.
        case when lower(record_business_hours) = 'true' then 'ticket' end as schedule_id,
        _file,
        {{ part_of_row('_row', 'record_number') }} as _row
    from targets

),

shaped as (

    select
        {{ shaped_as('sla_targets', {
            'policy_id': 'id',
            'metric': 'metric',
            'priority': 'priority',
            'valid_from': 'valid_from',
            'valid_to': 'valid_to',
            'goal_seconds': 'goal_seconds',
            'schedule_id': 'schedule_id',
            'holidays_apply': "'true'",
        }) }}
    from described
    where metric is not null

)

select * from shaped
