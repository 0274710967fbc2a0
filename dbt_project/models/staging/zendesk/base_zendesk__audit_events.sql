with

audits as (

    select * from {{ source('zendesk', 'ticket_audits') }}

),

events as (

    {{ json_records(
        'audits',
        ['ticket_id', 'created_at', 'author_id', 'via', '_file', '_row'],
        'events',
        [
            'id', 'type', 'field_name', 'value', 'author_id', 'body', 'public', 'via',
            'new_schedule_id',
        ]
    ) }}

),

described as (

    select
        ticket_id,
        created_at,
        author_id as audit_author_id,
        {{ json_value('via', 'channel') }} as audit_channel,
        coalesce({{ json_value('record_via', 'channel') }}, {{ json_value('via', 'channel') }})
            as channel,
        record_number,
        record_id as event_id,
        record_type as event_type,
        record_field_name as field_name,
        record_value as field_value,
        record_author_id as author_id,
        record_body as body,
        record_public as is_public,
        record_new_schedule_id as schedule_id,
        _file,
        _row
    from events

)

select * from described
