select id, name, updated_at, synced_at from ticket_form_history
