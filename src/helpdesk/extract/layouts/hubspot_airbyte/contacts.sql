select id, properties, "createdAt", "updatedAt", archived, synced_at from contacts
