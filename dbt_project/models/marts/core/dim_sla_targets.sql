with

targets as (

    select * from {{ ref('int_sla_targets_unioned') }}

),

policies as (

    select * from {{ ref('int_sla_policies_unioned') }}

),

-- A policy goes by the name of its newest version.
named_policies as (

    select
        source_system,
        policy_id,
        name as policy_name,
        row_number() over (
            partition by source_system, policy_id
            order by valid_from desc nulls last
        ) as recency
    from policies
    where name is not null

),

keyed as (

    select
        {{ entity_key(
            "targets.policy_id || ':' || targets.metric || ':' || coalesce(targets.priority, '')"
            ~ " || ':' || coalesce(cast(targets.valid_from as string), '')",
            'targets.source_system'
        ) }} as sla_target_key,
        targets.policy_id,
        named_policies.policy_name,
        targets.metric,
        targets.priority,
        targets.valid_from,
        targets.valid_to,
        targets.goal_seconds,
        targets.due_soon_seconds,
        targets.schedule_id,
        coalesce(targets.holidays_apply, true) as holidays_apply,
        targets.source_system
    from targets
    left join named_policies
        on
            targets.source_system = named_policies.source_system
            and targets.policy_id = named_policies.policy_id
            and named_policies.recency = 1

)

select * from keyed
