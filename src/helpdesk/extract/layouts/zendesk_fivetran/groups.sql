select id, name, updated_at, synced_at from "group"
