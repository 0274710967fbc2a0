-- One row with the portal of the tickets, for links to records.
select
    portal_id as id,
    portal_id as "portalId",
    max(synced_at) as synced_at
from ticket
where
    portal_id is not null
    and portal_id not in (select landed.id from landed)
group by portal_id
