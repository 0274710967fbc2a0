with

landed as (

    select * from {{ source('zendesk', 'ticket_metric_events') }}
    where type = 'apply_sla'

),

-- Deleted events; a restored one landed again after that.
gone as (

    select
        id,
        max(_file) as last_file
    from landed
    where _gone_at is not null
    group by id

),

events as (

    select landed.*
    from landed
    left join gone
        on landed.id = gone.id
    where landed._gone_at is null and (gone.id is null or landed._file > gone.last_file)

),

policies as (

    select distinct id
    from {{ ref('base_zendesk__sla_policy_versions') }}

),

described as (

    select
        id,
        ticket_id,
        time,
        {{ parse_instant('time') }} as applied_at,
        case
            when lower(metric) = 'reply_time' and instance_id = '1' then 'first_response'
            when lower(metric) = 'reply_time' then 'next_response'
            {% for contract_metric, names in zendesk_metrics().items() -%}
            when lower(metric) in ('{{ names | join("', '") }}') then '{{ contract_metric }}'
            {% endfor -%}
        end as contract_metric,
        coalesce(
            {{ json_value('sla', 'target_in_seconds') }},
            cast(60 * try_cast({{ json_value('sla', 'target') }} as bigint) as string)
        ) as goal_seconds,
        case when lower({{ json_value('sla', 'business_hours') }}) = 'true' then 'ticket' end
            as schedule_id,
        {{ json_value('sla', 'policy', 'id') }} as policy_id,
        {{ json_value('sla', 'policy', 'title') }} as policy_title,
        _file,
        _row
    from events

),

-- Each event with the policy of the one before.
sequenced as (

    select
        described.*,
        policies.id is not null as is_known_policy,
        lag(described.policy_id) over (
            partition by try_cast(described.ticket_id as bigint)
            order by described.applied_at, try_cast(described.id as bigint), described._file, described._row
        ) as previous_policy_id
    from described
    left join policies
        on described.policy_id = policies.id

),

-- The recorded target of a metric counts, also if the policy has changed since. For a policy in the data, the metrics
-- without a recorded target follow the policy; without a target there is no clock.
applied as (

    select
        ticket_id,
        time,
        contract_metric,
        coalesce(policy_id, policy_title, 'unknown') as policy_id,
        goal_seconds,
        schedule_id,
        _file,
        {{ part_of_row('_row', '1') }} as _row
    from sequenced
    where contract_metric is not null and goal_seconds is not null
    union all
    select
        ticket_id,
        time,
        cast(null as string) as contract_metric,
        policy_id,
        cast(null as string) as goal_seconds,
        cast(null as string) as schedule_id,
        _file,
        {{ part_of_row('_row', '0') }} as _row
    from sequenced
    where is_known_policy and policy_id is distinct from previous_policy_id

),

shaped as (

    select
        {{ shaped_as('ticket_sla_applied', {
            'ticket_id': 'ticket_id',
            'applied_at': 'time',
            'metric': 'contract_metric',
            'policy_id': 'policy_id',
            'goal_seconds': 'goal_seconds',
            'schedule_id': 'schedule_id',
        }) }}
    from applied

)

select * from shaped
