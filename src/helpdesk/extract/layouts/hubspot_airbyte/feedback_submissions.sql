select id, properties, "createdAt", "updatedAt", archived, synced_at from feedback_submissions
