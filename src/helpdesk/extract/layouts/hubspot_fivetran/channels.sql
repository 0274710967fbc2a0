select id, name, synced_at from conversation_channel
