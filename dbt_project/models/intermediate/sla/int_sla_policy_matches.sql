{%- set properties = ['pipeline', 'priority', 'team', 'channel', 'source', 'agent', 'channel_account', 'company', 'category'] -%}
{#- Values of own fields in conditions, where the settings declare own fields. -#}
{%- set matched = properties + (['named_values'] if own_fields('ticket') else []) -%}
with

policies as (

    select * from {{ ref('int_sla_policies_valid') }}

),

conditions as (

    select * from {{ ref('int_sla_policy_conditions') }}

),

periods as (

    select * from {{ ref('int_sla_rule_periods') }}

),

-- Of several valid versions of a policy, the one that began last counts.
versions as (

    select
        periods.source_system,
        periods.valid_from as period_from,
        periods.valid_to as period_to,
        policies.policy_id,
        policies.valid_from,
        policies.rank,
        row_number() over (
            partition by periods.source_system, periods.valid_from, policies.policy_id
            order by policies.valid_from desc nulls last
        ) as recency
    from periods
    inner join policies
        on
            periods.source_system = policies.source_system
            and periods.valid_from
            >= coalesce(policies.valid_from, {{ beginning_of_time() }})
            and (policies.valid_to is null or periods.valid_from < policies.valid_to)

),

-- Many tickets share few combinations of properties: each combination is matched once.
combinations as (

    select distinct
        source_system,
        {{ matched | join(',
        ') }}
    from {{ ref('int_sla_clock_properties') }}
    where applied_policy_id is null

),

held as (

    select
        combinations.source_system,
        {% for property in matched -%}
        combinations.{{ property }},
        {% endfor -%}
        versions.period_from,
        versions.period_to,
        versions.policy_id,
        versions.rank,
        conditions.operator,
        conditions.property || ' ' || conditions.operator as condition,
        conditions.wanted,
        case conditions.property
            {%- for property in properties %}
            when '{{ property }}'
                then {{ compared('combinations.priority') if property == 'priority' else 'combinations.' ~ property }}
            {%- endfor %}
            {%- if own_fields('ticket') %}
            else
                case
                    when {{ values_include('combinations.named_values', named_value('conditions.own_field', 'conditions.wanted')) }}
                        then conditions.wanted
                    when {{ values_include('combinations.named_values', 'conditions.own_field') }} then conditions.own_field
                end
            {%- endif %}
        end as found
    from combinations
    inner join versions
        on
            combinations.source_system = versions.source_system
            and versions.recency = 1
    left join conditions
        on
            versions.source_system = conditions.source_system
            and versions.policy_id = conditions.policy_id
            and versions.valid_from is not distinct from conditions.valid_from

),

-- A property without a value is in no list.
evaluated as (

    select
        source_system,
        {{ matched | join(',
        ') }},
        period_from,
        period_to,
        policy_id,
        rank,
        count(distinct case when operator <> 'none_of' then condition end) as conditions_set,
        count(
            distinct case
                when operator = 'any_of' and found = wanted then condition
                when operator = 'is_empty' and wanted = case when found is null then 'true' else 'false' end
                    then condition
            end
        ) as conditions_met,
        count(case when operator = 'none_of' and found = wanted then 1 end) as values_excluded
    from held
    group by all

),

ranked as (

    select
        *,
        row_number() over (
            partition by source_system, {{ matched | join(', ') }}, period_from
            order by rank nulls last, policy_id nulls last
        ) as position
    from evaluated
    where conditions_met = conditions_set and values_excluded = 0

),

matched as (

    select
        source_system,
        {{ matched | join(',
        ') }},
        period_from,
        period_to,
        policy_id
    from ranked
    where position = 1

)

select * from matched
