select
    unnest(string_split(json_extract_string(properties, '$.hs_merged_object_ids'), ';')) as id,
    id as "mergedInto",
    json_extract_string(properties, '$.hs_lastmodifieddate') as "updatedAt",
    synced_at
from ticket
where json_extract_string(properties, '$.hs_merged_object_ids') is not null
