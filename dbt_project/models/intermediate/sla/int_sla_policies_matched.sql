{%- set properties = ['pipeline', 'priority', 'team', 'channel', 'source'] -%}
with

policies as (

    select * from {{ ref('int_sla_policies_unioned') }}

),

conditions as (

    {{ json_object_items('policies', ['source_system', 'policy_id', 'valid_from'], 'conditions') }}

),

eras as (

    select * from {{ ref('int_sla_eras_bounded') }}

),

-- Of several versions of a policy that are valid in an era, the one that began last counts.
versions as (

    select
        eras.source_system,
        eras.valid_from as era_from,
        eras.valid_to as era_to,
        policies.policy_id,
        policies.valid_from,
        policies.rank,
        row_number() over (
            partition by eras.source_system, eras.valid_from, policies.policy_id
            order by policies.valid_from desc nulls last
        ) as recency
    from eras
    inner join policies
        on
            eras.source_system = policies.source_system
            and eras.valid_from
            >= coalesce(policies.valid_from, {{ beginning_of_time() }})
            and (policies.valid_to is null or eras.valid_from < policies.valid_to)

),

-- Few combinations of properties stand for many tickets: each is matched once.
combinations as (

    select distinct
        source_system,
        {{ properties | join(',
        ') }}
    from {{ ref('int_sla_runs_described') }}
    where applied_policy_id is null

),

judged as (

    select
        combinations.source_system,
        {% for property in properties -%}
        combinations.{{ property }},
        {% endfor -%}
        versions.era_from,
        versions.era_to,
        versions.policy_id,
        versions.rank,
        count(distinct conditions.field) as conditions_set,
        count(
            distinct case
                {% for property in properties -%}
                when
                    conditions.field = '{{ property }}'
                    and conditions.field_value = combinations.{{ property }}
                    then conditions.field
                {% endfor -%}
            end
        ) as conditions_met
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
    group by all

),

ranked as (

    select
        *,
        row_number() over (
            partition by source_system, {{ properties | join(', ') }}, era_from
            order by rank nulls last, policy_id nulls last
        ) as position
    from judged
    where conditions_met = conditions_set

),

matched as (

    select
        source_system,
        {{ properties | join(',
        ') }},
        era_from,
        era_to,
        policy_id
    from ranked
    where position = 1

)

select * from matched
