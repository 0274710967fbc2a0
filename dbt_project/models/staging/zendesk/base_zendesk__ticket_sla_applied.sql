with

events as (

    select * from {{ source('zendesk', 'ticket_metric_events') }}
    where type = 'apply_sla'

),

shaped as (

    select
        {{ shaped_as('ticket_sla_applied', {
            'ticket_id': 'ticket_id',
            'applied_at': 'time',
            'policy_id': json_value('sla', 'policy', 'id'),
        }) }}
    from events

)

select * from shaped
