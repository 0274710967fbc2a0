with

messages as (

    select * from {{ source('hubspot', 'messages') }}

),

users as (

    select * from {{ ref('base_hubspot__users') }}

),

-- Deleted messages are left out, unless they landed again later.
deleted as (

    select
        id,
        max(_file) as deleted_in
    from messages
    where archived = 'true'
    group by id

),

kept as (

    select messages.*
    from messages
    left join deleted
        on messages.id = deleted.id
    where
        deleted.id is null
        or (messages._file > deleted.deleted_in and coalesce(messages.archived, 'false') <> 'true')

),

-- Events of a thread are not messages; a thread without a ticket is not part of the help desk.
with_actor as (

    select
        *,
        coalesce(
            {{ json_value('senders', 0, 'actorId') }},
            -- A mail from an address that is unknown in the account.
            case
                when direction = 'INCOMING' and {{ json_value('senders', 0) }} is not null then 'V-'
            end,
            "createdBy"
        ) as actor
    from kept
    where
        "ticketId" is not null
        and type not in ('ASSIGNMENT', 'THREAD_STATUS_CHANGE', 'THREAD_INBOX_CHANGE')

),

parted as (

    select
        *,
        split_part(actor, '-', 1) as actor_type,
        nullif(substr(actor, instr(actor, '-') + 1), '') as actor_number,
        case when actor like 'A-%' then nullif(substr(actor, 3), '') end as actor_user_id
    from with_actor

),

resolved as (

    select
        parted.*,
        case parted.actor_type
            when 'A' then 'agent'
            when 'V' then 'customer'
            when 'E' then 'customer'
            when 'B' then 'bot'
            when 'L' then 'bot'
            when 'I' then 'integration'
            when 'S' then 'system'
            else 'unknown'
        end as author_type,
        case
            when parted.actor_type = 'A' then coalesce(users.owner_id, parted.actor_number)
            else parted.actor_number
        end as author_id
    from parted
    left join users
        on parted.actor_user_id = users.user_id

),

shaped as (

    select
        {{ shaped_as('messages', {
            'message_id': 'id',
            'ticket_id': '"ticketId"',
            'thread_id': '"conversationsThreadId"',
            'sent_at': iso_instant('"createdAt"'),
            'direction':
                "coalesce(lower(direction), case when type in ('COMMENT', 'WELCOME_MESSAGE') then 'outgoing'"
                ~ " when type = 'MESSAGE' and author_type = 'customer' then 'incoming'"
                ~ " when type = 'MESSAGE' and author_type <> 'unknown' then 'outgoing' end)",
            'author_type': 'author_type',
            'author_id': 'author_id',
            'is_public': "case when type = 'COMMENT' then 'false' else 'true' end",
            'is_automated':
                "case when type = 'WELCOME_MESSAGE' or " ~ json_value('client', 'clientType')
                ~ " = 'SYSTEM' or author_type in ('bot', 'integration', 'system') then 'true' else 'false' end",
            'channel_id': 'coalesce("channelId", "threadChannelId")',
            'channel_account_id': 'coalesce("channelAccountId", "threadChannelAccountId")',
            'delivery_status': 'lower(' ~ json_value('status', 'statusType') ~ ')',
            'kind': 'lower(type)',
        }) }}
    from resolved

)

select * from shaped
