select
    id,
    associated_ticket_id as "ticketId",
    spam,
    status,
    created_at as "createdAt",
    closed_at as "closedAt",
    latest_message_timestamp as "latestMessageTimestamp",
    latest_message_received_timestamp as "latestMessageReceivedTimestamp",
    latest_message_sent_timestamp as "latestMessageSentTimestamp",
    inbox_id as "inboxId",
    original_channel_id as "originalChannelId",
    original_channel_account_id as "originalChannelAccountId",
    associated_contact_id as "associatedContactId",
    assigned_to as "assignedTo",
    synced_at
from conversation_thread
