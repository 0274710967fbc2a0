select
    id,
    properties,
    json_object(
        'tickets', [json_object('toObjectId', one) for one in json_extract_string(tickets, '$[*]')]
    ) as associations,
    "createdAt",
    "updatedAt",
    archived,
    synced_at
from engagements_calls
