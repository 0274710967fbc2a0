{#- Types of events that are messages. -#}
{%- set said = "('chatmessage', 'chatfileattachment', 'chatfile', 'messaging::conversationmessage')" -%}
with

copied as (

    select * from {{ source('zendesk', 'ticket_chats') }}

),

newest_copied as (

    {{ newest_rows('copied', key='id, ticket_id') }}

),

logged as (

    select * from {{ source('zendesk', 'conversation_logs') }}

),

newest_logged as (

    {{ newest_rows('logged') }}

),

logged_tickets as (

    select distinct ticket_id
    from newest_logged
    where lower(type) in {{ said }}

),

-- Few updates have a chat: only their events are parsed.
audits as (

    select * from {{ source('zendesk', 'ticket_audits') }}
    where events like '%ChatStartedEvent%' or events like '%ChatEndedEvent%'

),

audit_events as (

    {{ json_records('audits', ['ticket_id', 'created_at', '_file', '_row'], 'events', ['id', 'type', 'value']) }}

),

chats as (

    select
        ticket_id,
        record_number as event_number,
        coalesce({{ json_value('record_value', 'chat_id') }}, record_id) as chat_id,
        {{ json_value('record_value', 'user_id') }} as user_id,
        {{ json_value('record_value', 'visitor_id') }} as visitor_id,
        {{ json_value('record_value', 'history') }} as history,
        _file,
        _row
    from audit_events
    where record_type in ('ChatStartedEvent', 'ChatEndedEvent')
    union all
    select
        ticket_id,
        0 as event_number,
        id as chat_id,
        user_id,
        visitor_id,
        events as history,
        _file,
        _row
    from newest_copied
    where _gone_at is null

),

histories as (

    {{ json_records(
        'chats',
        ['ticket_id', 'chat_id', 'user_id', 'visitor_id', 'event_number', '_file', '_row'],
        'history',
        [
            'type', 'actor_id', 'actor_type', 'timestamp', 'created_at', 'message_id',
            'is_history_context',
        ]
    ) }}

),

timed as (

    select
        *,
        case
            when length(record_timestamp) = 10 and try_cast(record_timestamp as bigint) is not null
                then record_timestamp || '000'
            else coalesce(record_timestamp, record_created_at)
        end as said_at
    from histories

),

-- The end of a chat can repeat its start, so a message is identified by its position among those at one time.
placed as (

    select
        *,
        row_number() over (
            partition by _file, _row, event_number, said_at, record_actor_id, record_type
            order by record_number
        ) as place,
        row_number() over (partition by _file, _row order by event_number, record_number) as part
    from timed

),

keyed as (

    select
        placed.*,
        coalesce(
            placed.record_message_id,
            placed.chat_id || ':' || placed.said_at || ':'
            || coalesce(placed.record_actor_id, '') || ':' || cast(placed.place as string)
        ) as message_key
    from placed
    left join logged_tickets
        on placed.ticket_id = logged_tickets.ticket_id
    where logged_tickets.ticket_id is null

),

counted as (

    select
        *,
        row_number() over (
            partition by ticket_id, record_type, message_key order by _file, _row, part
        ) as copy_number
    from keyed

),

events as (

    select
        ticket_id,
        id as chat_key,
        id as message_key,
        created_at,
        lower(type) as event_type,
        {{ json_value('author', 'zen:support:user_id') }} as actor_id,
        {{ json_value('author', 'type') }} as actor_type,
        cast(null as string) as visitor_ids,
        false as is_repeated,
        _file,
        {{ part_of_row('_row', '1') }} as _row
    from newest_logged
    union all
    select
        ticket_id,
        chat_id as chat_key,
        message_key,
        {{ iso_instant('said_at') }} as created_at,
        lower(record_type) as event_type,
        record_actor_id as actor_id,
        record_actor_type as actor_type,
        '["' || coalesce(user_id, '') || '","' || coalesce(visitor_id, '') || '"]' as visitor_ids,
        coalesce(record_is_history_context, 'false') = 'true' as is_repeated,
        _file,
        {{ part_of_row('_row', '100000 + part') }} as _row
    from counted
    where copy_number = 1

),

-- The platform names some agents and programs itself; the type of the others comes from the users.
actors as (

    select
        ticket_id,
        chat_key,
        'chat:' || ticket_id || ':' || message_key as message_id,
        created_at,
        event_type,
        event_type in {{ said }} and not is_repeated as is_message,
        case when actor_id like 'agent:%' then nullif(substr(actor_id, 7), '') else actor_id end as user_id,
        case
            when lower(actor_type) like '%bot%' or lower(actor_id) like '%bot%' then 'bot'
            when
                lower(actor_type) in ('system', 'trigger')
                or actor_id in ('', 'agent:', '__system', '__trigger')
                or actor_id like '\_\_%' escape '\'
                or (actor_id is null and actor_type is null)
                then 'system'
            when actor_id like 'agent:%' or lower(actor_type) in ('agent', 'admin') then 'agent'
            when
                lower(actor_type) in ('end-user', 'end_user', 'enduser', 'user', 'visitor', 'customer')
                or visitor_ids like '%"' || actor_id || '"%'
                then 'customer'
        end as author_type,
        _file,
        _row
    from events

)

select * from actors
