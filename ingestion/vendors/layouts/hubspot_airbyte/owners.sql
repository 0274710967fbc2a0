select
    id, email, type, "firstName", "lastName", "userId", "userIdIncludingInactive", teams, "createdAt", "updatedAt",
    coalesce(archived, 'false') as archived, synced_at
from owners
union all
select
    id, email, type, "firstName", "lastName", "userId", "userIdIncludingInactive", teams, "createdAt", "updatedAt",
    'true' as archived, synced_at
from owners_archived
