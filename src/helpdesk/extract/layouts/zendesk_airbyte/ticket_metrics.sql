select id, ticket_id, reply_time_in_minutes, solved_at, updated_at, synced_at from ticket_metrics
