select id, name, synced_at from team
