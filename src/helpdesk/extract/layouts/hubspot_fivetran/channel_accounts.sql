select id, name, channel_id as "channelId", inbox_id as "inboxId", active, authorized, synced_at
from conversation_channel_account
