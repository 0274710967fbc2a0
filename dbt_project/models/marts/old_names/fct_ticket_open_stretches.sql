select
    ticket_key,
    interval_number as stretch_number,
    started_at,
    ended_at,
    is_current,
    agent_key,
    team_key,
    channel_account_key,
    pipeline_key,
    company_key,
    channel_key,
    priority,
    created_at,
    is_excluded,
    source_system
from {{ ref('fct_ticket_open_intervals').include(database=false) }}
