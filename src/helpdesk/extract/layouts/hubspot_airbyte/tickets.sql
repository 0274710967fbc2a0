select
    id,
    properties,
    json_object(
        'companies', [json_object('toObjectId', one) for one in json_extract_string(companies, '$[*]')],
        'contacts', [json_object('toObjectId', one) for one in json_extract_string(contacts, '$[*]')]
    ) as associations,
    "createdAt",
    "updatedAt",
    archived,
    coalesce("archivedAt", case when archived = 'true' then synced_at end) as "archivedAt",
    synced_at
from tickets
