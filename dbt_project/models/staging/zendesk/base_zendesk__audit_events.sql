with

audits as (

    select * from {{ source('zendesk', 'ticket_audits') }}

),

deleted_events as (

    select * from {{ source('zendesk', 'deleted_events') }}

),

-- A restored event landed again, without a time of deletion.
newest_deleted_events as (

    {{ newest_rows('deleted_events') }}

),

gone_events as (

    select
        ticket_id,
        event
    from newest_deleted_events
    where _gone_at is not null

),

events as (

    {{ json_records(
        'audits',
        ['ticket_id', 'created_at', 'author_id', 'via', 'events', '_file', '_row'],
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
        -- The word with its quotes: inside a text the quotes would have backslashes.
        events like '%"Create"%' as is_creation,
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
        _row,
        case
            when record_type in ('Comment', 'VoiceComment') then 'Comment ' || record_id
            when record_type = 'ScheduleAssignment' then 'ScheduleAssignment ' || created_at
            else 'Change ' || record_field_name || ' ' || created_at
        end as event
    from events

),

present as (

    select described.*
    from described
    left join gone_events
        on
            described.ticket_id = gone_events.ticket_id
            and described.event = gone_events.event
    where gone_events.event is null

)

select * from present
