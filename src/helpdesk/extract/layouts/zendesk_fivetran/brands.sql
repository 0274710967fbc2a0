select id, name, case when _fivetran_deleted = 'true' then synced_at end as _gone_at, synced_at from brand
