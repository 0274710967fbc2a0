with

targets as (

    select * from {{ ref('int_sla_targets_valid') }}

),

periods as (

    select * from {{ ref('int_sla_rule_periods') }}

),

valid as (

    select
        periods.valid_from as period_from,
        periods.valid_to as period_to,
        targets.source_system,
        targets.policy_id,
        targets.metric,
        {{ compared('targets.priority') }} as priority,
        {{ sla_target_key('targets') }} as sla_target_key,
        dense_rank() over (
            order by
                targets.source_system,
                targets.policy_id,
                targets.metric,
                targets.priority nulls first,
                targets.valid_from nulls first
        ) as target_number,
        targets.goal_seconds,
        targets.due_soon_seconds,
        targets.schedule_id,
        coalesce(targets.holidays_apply, true) as holidays_apply,
        row_number() over (
            partition by
                periods.source_system,
                periods.valid_from,
                targets.policy_id,
                targets.metric,
                {{ compared('targets.priority') }}
            order by targets.valid_from desc nulls last
        ) as recency
    from periods
    inner join targets
        on
            periods.source_system = targets.source_system
            and periods.valid_from >= coalesce(targets.valid_from, {{ beginning_of_time() }})
            and (targets.valid_to is null or periods.valid_from < targets.valid_to)

),

chosen as (

    select
        source_system,
        policy_id,
        metric,
        priority,
        sla_target_key,
        target_number,
        period_from,
        period_to,
        goal_seconds,
        due_soon_seconds,
        schedule_id,
        holidays_apply
    from valid
    where recency = 1

)

select * from chosen
