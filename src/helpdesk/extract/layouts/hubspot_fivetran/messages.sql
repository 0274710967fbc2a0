-- Texts of messages are left out.
with senders as (
    select
        message_id,
        to_json(list(json_object('actorId', actor_id, 'name', name) order by sender_field, actor_id)) as listed,
        max(synced_at) as synced_at
    from conversation_message_sender group by all
)
select
    messages.id,
    messages.type,
    threads.associated_ticket_id as "ticketId",
    messages.thread_id as "conversationsThreadId",
    messages.created_at as "createdAt",
    messages.updated_at as "updatedAt",
    messages.created_by as "createdBy",
    json_object('clientType', messages.client_type) as client,
    senders.listed as senders,
    messages.direction,
    messages.channel_id as "channelId",
    messages.channel_account_id as "channelAccountId",
    threads.original_channel_id as "threadChannelId",
    threads.original_channel_account_id as "threadChannelAccountId",
    json_object('statusType', messages.status_type) as status,
    messages.truncation_status as "truncationStatus",
    messages.in_reply_to_id as "inReplyToId",
    greatest(messages.synced_at, threads.synced_at, senders.synced_at) as synced_at
from conversation_message_history as messages
left join conversation_thread as threads on messages.thread_id = threads.id
left join senders on messages.id = senders.message_id
where coalesce(messages._fivetran_active, 'true') = 'true'
