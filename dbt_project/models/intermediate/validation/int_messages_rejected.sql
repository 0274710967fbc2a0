{{ config(
    materialized='incremental',
    incremental_strategy='changed_tickets',
    unique_key=['source_system', 'landed_file', 'landed_row'],
    changed_by=['source_system', 'ticket_id']
) }}
-- depends_on: {{ ref('int_changed_tickets') }}

{{ rejected_rows(
    table='messages',
    occurred='sent_at',
    parent=('ticket_id', 'tickets')
) }}
