select
    id, created_at, updated_at, subject, type, priority,
    case when _fivetran_deleted = 'true' then 'deleted' else status end as status,
    custom_status_id, recipient, requester_id, submitter_id, assignee_id, group_id, organization_id,
    ticket_form_id, brand_id,
    to_json({channel: via_channel, source: {rel: via_source_rel}}) as via,
    synced_at
from ticket
