with

targets as (

    select * from {{ ref('int_sla_targets_valid') }}

),

-- Targets that the help desk recorded on tickets, without duplicates.
applied_targets as (

    select distinct
        source_system,
        policy_id,
        metric,
        goal_seconds,
        schedule_id
    from {{ ref('int_sla_applied_targets') }}

),

policies as (

    select * from {{ ref('int_sla_policies_valid') }}

),

-- The name of a policy is that of its newest version.
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
        {{ sla_target_key('targets') }} as sla_target_key,
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
        false as is_applied,
        targets.source_system
    from targets
    left join named_policies
        on
            targets.source_system = named_policies.source_system
            and targets.policy_id = named_policies.policy_id
            and named_policies.recency = 1

),

applied_keyed as (

    select
        {{ applied_target_key('applied_targets', 'applied_targets.schedule_id', 'applied_targets.source_system') }}
            as sla_target_key,
        applied_targets.policy_id,
        named_policies.policy_name,
        applied_targets.metric,
        cast(null as string) as priority,
        cast(null as timestamp) as valid_from,
        cast(null as timestamp) as valid_to,
        applied_targets.goal_seconds,
        cast(null as bigint) as due_soon_seconds,
        applied_targets.schedule_id,
        true as holidays_apply,
        true as is_applied,
        applied_targets.source_system
    from applied_targets
    left join named_policies
        on
            applied_targets.source_system = named_policies.source_system
            and applied_targets.policy_id = named_policies.policy_id
            and named_policies.recency = 1

),

unioned as (

    select * from keyed
    union all
    select * from applied_keyed

)

select * from unioned
