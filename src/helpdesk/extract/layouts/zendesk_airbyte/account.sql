select 'zendesk' as id, '2000-01-01T00:00:00.000000Z' as synced_at
