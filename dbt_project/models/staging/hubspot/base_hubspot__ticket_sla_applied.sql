with

changes as (

    select * from {{ ref('base_hubspot__ticket_changes') }}

),

policies as (

    select *
    from changes
    where
        property = 'hs_applied_sla_rule_config_id'
        and new_value is not null

),

schedules as (

    select *
    from changes
    where property = 'hs_applied_sla_schedule_id'

),

-- The schedule that was in force when the policy was applied.
applied as (

    select
        policies.*,
        schedules.new_value as schedule_id,
        row_number() over (
            partition by policies.id, policies.changed_at, policies.sequence_number
            order by schedules.changed_at desc nulls last, schedules.sequence_number desc
        ) as recency
    from policies
    left join schedules
        on
            policies.id = schedules.id
            and policies.changed_at >= schedules.changed_at

),

shaped as (

    select
        {{ shaped_as('ticket_sla_applied', {
            'ticket_id': 'id',
            'applied_at': 'changed_at',
            'policy_id': 'new_value',
            'schedule_id': 'schedule_id',
        }) }}
    from applied
    where recency = 1

)

select * from shaped
