with

calls as (

    select * from {{ source('zendesk', 'calls') }}

),

newest as (

    {{ newest_rows('calls', version='updated_at') }}

),

shaped as (

    select
        {{ shaped_as('calls', {
            'call_id': 'id',
            'ticket_id': 'ticket_id',
            'agent_id': 'agent_id',
            'started_at': 'created_at',
            'direction': 'direction',
            'outcome': "case"
                ~ " when completion_status like 'abandoned%' then 'missed'"
                ~ " when completion_status in ('pending_voicemail', 'voicemail') then 'missed'"
                ~ " when completion_status in ('not_answered', 'no-answer') then 'no_answer'"
                ~ " when completion_status = 'cancelled' then 'canceled'"
                ~ " when completion_status is null then 'in_progress'"
                ~ " else completion_status end",
            'duration_seconds': 'duration',
        }) }}
    from newest

)

select * from shaped
