select id, properties, coalesce(_fivetran_deleted, is_deleted, 'false') as archived, synced_at from company
