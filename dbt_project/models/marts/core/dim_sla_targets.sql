with

targets as (

    select * from {{ ref('int_sla_targets_unioned') }}

),

keyed as (

    select
        {{ entity_key(
            "policy_id || ':' || metric || ':' || coalesce(priority, '')"
            ~ " || ':' || coalesce(cast(valid_from as string), '')"
        ) }} as sla_target_key,
        policy_id,
        metric,
        priority,
        valid_from,
        valid_to,
        goal_seconds,
        due_soon_seconds,
        schedule_id,
        coalesce(holidays_apply, true) as holidays_apply,
        source_system
    from targets

)

select * from keyed
