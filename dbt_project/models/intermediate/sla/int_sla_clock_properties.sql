{#- Properties that are used only to choose a policy. -#}
{%- set matched = ['pipeline', 'team', 'channel', 'source', 'agent', 'channel_account', 'company', 'category'] -%}
{%- set columns = {'channel': 'channel_id', 'company': 'company_id'} -%}
with

runs as (

    select
        ticket_number,
        metric,
        occurrence,
        is_first_close,
        started_at,
        ended_at,
        is_cancelled,
        decided_at
    from {{ ref('int_sla_clock_starts') }}

),

-- Each row of one metric, or for all metrics, counts until the next.
applications as (

    select
        numbered.ticket_number,
        applied.metric,
        applied.policy_id,
        applied.schedule_id,
        applied.goal_seconds,
        applied.applied_at,
        coalesce(
            lead(applied.applied_at) over (
                partition by numbered.ticket_number, applied.metric order by applied.applied_at
            ),
            {{ end_of_time() }}
        ) as replaced_at
    from {{ ref('int_ticket_sla_applied_valid') }} as applied
    inner join {{ ref('int_tickets_numbered') }} as numbered
        on
            applied.source_system = numbered.source_system
            and applied.ticket_id = numbered.ticket_id

),

conditions as (

    select * from {{ ref('int_sla_policy_conditions') }}

),

-- A property that no policy names is left out, so that there are far fewer combinations to match.
named_properties as (

    select
        source_system
        {%- for property in matched %},
        max(case when property = '{{ property }}' then 1 end) as names_{{ property }}
        {%- endfor %}
    from conditions
    group by source_system

),

described as (

    {{ properties_at(
        'runs', 'decided_at', ['pipeline', 'priority', 'agent', 'channel_account', 'sla_policy'],
        of_ticket=['channel_id', 'source', 'company_id', 'category'],
    ) }}

),

-- The latest application counts; at the same time, the one for the metric. Only another policy replaces a target that
-- the help desk recorded.
applied as (

    select
        described.*,
        coalesce(
            own.applied_at >= general.applied_at
            or (own.goal_seconds is not null and own.policy_id = general.policy_id),
            own.ticket_number is not null
        ) as is_of_metric,
        own.policy_id as own_policy_id,
        own.schedule_id as own_schedule_id,
        own.goal_seconds as own_goal_seconds,
        general.policy_id as general_policy_id,
        general.schedule_id as general_schedule_id
    from described
    left join applications as own
        on
            described.ticket_number = own.ticket_number
            and described.metric = own.metric
            and described.decided_at >= own.applied_at
            and described.decided_at < own.replaced_at
    left join applications as general
        on
            general.metric is null
            and described.ticket_number = general.ticket_number
            and described.decided_at >= general.applied_at
            and described.decided_at < general.replaced_at

),

chosen as (

    select
        {{ any_number() }} as clock_number,
        applied.source_system,
        applied.ticket_number,
        applied.metric,
        applied.occurrence,
        applied.is_first_close,
        applied.started_at,
        applied.ended_at,
        applied.is_cancelled,
        applied.decided_at,
        applied.priority,
        {% for property in matched -%}
        case
            when named_properties.names_{{ property }} = 1 then applied.{{ columns.get(property, property) }}
        end as {{ property }},
        {% endfor -%}
        {% if own_fields('ticket') -%}
        own_values.named_values,
        {% endif -%}
        coalesce(
            case when applied.is_of_metric then applied.own_policy_id else applied.general_policy_id end,
            applied.sla_policy
        ) as applied_policy_id,
        case
            when applied.is_of_metric then applied.own_schedule_id else applied.general_schedule_id
        end as applied_schedule_id,
        case when applied.is_of_metric then applied.own_goal_seconds end as applied_goal_seconds
    from applied
    left join named_properties
        on applied.source_system = named_properties.source_system
    {%- if own_fields('ticket') %}
    left join {{ ref('int_sla_own_values') }} as own_values
        on
            applied.ticket_number = own_values.ticket_number
            and applied.decided_at >= own_values.valid_from
            and applied.decided_at < own_values.valid_to
    {%- endif %}

)

select * from chosen
