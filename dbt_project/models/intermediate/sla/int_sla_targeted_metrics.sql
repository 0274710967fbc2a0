with

policy_targets as (

    select
        source_system,
        metric
    from {{ ref('int_sla_targets_valid') }}

),

applied_targets as (

    select
        source_system,
        metric
    from {{ ref('int_sla_applied_targets') }}

),

targeted as (

    select * from policy_targets
    union
    select * from applied_targets

)

select * from targeted
