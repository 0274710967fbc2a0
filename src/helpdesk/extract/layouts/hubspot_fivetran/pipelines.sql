select
    pipelines.pipeline_id as id,
    pipelines.label,
    pipelines.display_order as "displayOrder",
    to_json(list(json_object(
        'id', stages.stage_id,
        'label', stages.label,
        'displayOrder', stages.display_order,
        'metadata', json_object('ticketState', stages.ticket_state, 'isClosed', stages.is_closed)
    ) order by stages.stage_id)) as stages,
    coalesce(pipelines._fivetran_deleted, 'false') as archived,
    greatest(pipelines.synced_at, max(stages.synced_at)) as synced_at
from ticket_pipeline as pipelines
inner join ticket_pipeline_stage as stages on pipelines.pipeline_id = stages.pipeline_id
group by
    pipelines.pipeline_id, pipelines.label, pipelines.display_order, pipelines._fivetran_deleted, pipelines.synced_at
