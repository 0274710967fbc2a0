-- The older of the two versions of HubSpot's API names the ids pipelineId and stageId.
select
    coalesce(id, "pipelineId") as id,
    label,
    "displayOrder",
    [
        json_object(
            'id', coalesce(json_extract_string(one, '$.id'), json_extract_string(one, '$.stageId')),
            'label', json_extract_string(one, '$.label'),
            'displayOrder', json_extract_string(one, '$.displayOrder'),
            'metadata', json_extract(one, '$.metadata')
        )
        for one in json_extract(stages, '$[*]')
    ] as stages,
    coalesce(archived, 'false') as archived,
    synced_at
from ticket_pipelines
