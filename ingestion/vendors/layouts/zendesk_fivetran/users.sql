select id, name, email, role, active, suspended, organization_id, updated_at, synced_at from "user"
