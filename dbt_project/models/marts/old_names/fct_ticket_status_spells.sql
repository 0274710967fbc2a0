select
    ticket_key,
    ticket_id,
    interval_number as spell_number,
    status_id,
    status_state,
    status_key,
    entered_at,
    entered_date,
    left_at,
    is_current,
    duration_seconds,
    duration_business_seconds,
    is_excluded,
    source_system
from {{ ref('fct_ticket_status_history').include(database=false) }}
