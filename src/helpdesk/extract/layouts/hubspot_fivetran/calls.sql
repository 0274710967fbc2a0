with tickets as (
    select
        engagement_id,
        to_json(list(json_object('toObjectId', ticket_id) order by ticket_id)) as listed,
        max(synced_at) as synced_at
    from ticket_engagement group by all
)
select
    calls.engagement_id as id,
    calls.properties,
    json_object('tickets', tickets.listed) as associations,
    greatest(calls.synced_at, tickets.synced_at) as synced_at
from engagement_call as calls
left join tickets on calls.engagement_id = tickets.engagement_id
