select id, ticket_id, created_at, author_id, type, public, via, synced_at from ticket_comments
