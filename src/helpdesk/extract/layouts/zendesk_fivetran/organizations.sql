select id, name, updated_at, custom_fields as organization_fields, synced_at from organization
