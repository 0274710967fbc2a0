with

metrics as (

    select * from {{ ref('base_zendesk__sla_metrics') }}

),

-- At most one is; an account without one has null here.
default_schedules as (

    select max(id) as schedule_id
    from {{ ref('base_zendesk__schedules') }}
    where is_default

),

described as (

    select
        metrics.policy_id,
        metrics.clock,
        metrics.priority,
        metrics.valid_from,
        metrics.valid_to,
        metrics.goal_seconds,
        case when metrics.is_in_business_hours then default_schedules.schedule_id end
            as schedule_id,
        metrics._file,
        {{ part_of_row('metrics._row', 'metrics.record_number') }} as _row
    from metrics
    cross join default_schedules

),

shaped as (

    select
        {{ shaped_as('sla_targets', {
            'policy_id': 'policy_id',
            'metric': 'clock',
            'priority': 'priority',
            'valid_from': 'valid_from',
            'valid_to': 'valid_to',
            'goal_seconds': 'goal_seconds',
            'schedule_id': 'schedule_id',
            'holidays_apply': "'true'",
        }) }}
    from described

)

select * from shaped
