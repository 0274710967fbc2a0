select
    source_system,
    ticket_key,
    ticket_id,
    metric,
    occurrence,
    policy_id,
    ended_at,
    reported_ended_at,
    ended_difference_seconds,
    due_at,
    reported_due_at,
    due_difference_seconds,
    status,
    reported_status,
    ended_at_differs as is_ended_differing,
    due_at_differs as is_due_differing,
    status_differs as is_status_differing
from {{ ref('vendor_metric_discrepancies').include(database=false) }}
