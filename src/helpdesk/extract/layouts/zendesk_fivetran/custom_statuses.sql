select id, agent_label, status_category, updated_at, synced_at from ticket_custom_status
