select id, name, email, role, active, suspended, organization_id, updated_at, custom_fields as user_fields, synced_at from "user"
