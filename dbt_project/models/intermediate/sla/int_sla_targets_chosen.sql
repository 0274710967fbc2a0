with

targets as (

    select * from {{ ref('int_sla_targets_unioned') }}

),

eras as (

    select * from {{ ref('int_sla_eras_bounded') }}

),

valid as (

    select
        eras.valid_from as era_from,
        eras.valid_to as era_to,
        targets.source_system,
        targets.policy_id,
        targets.metric,
        targets.priority,
        targets.goal_seconds,
        targets.due_soon_seconds,
        targets.schedule_id,
        coalesce(targets.holidays_apply, true) as holidays_apply,
        row_number() over (
            partition by
                eras.source_system,
                eras.valid_from,
                targets.policy_id,
                targets.metric,
                targets.priority
            order by targets.valid_from desc nulls last
        ) as recency
    from eras
    inner join targets
        on
            eras.source_system = targets.source_system
            and eras.valid_from >= coalesce(targets.valid_from, {{ beginning_of_time() }})
            and (targets.valid_to is null or eras.valid_from < targets.valid_to)

),

chosen as (

    select
        source_system,
        policy_id,
        metric,
        priority,
        era_from,
        era_to,
        goal_seconds,
        due_soon_seconds,
        schedule_id,
        holidays_apply
    from valid
    where recency = 1

)

select * from chosen
