select id, properties, synced_at from feedback_submission
