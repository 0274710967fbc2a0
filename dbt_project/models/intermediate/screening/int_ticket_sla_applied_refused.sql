{{ config(
    materialized='incremental',
    incremental_strategy='changed_tickets',
    unique_key=['source_system', 'landed_file', 'landed_row'],
    changed_by=['source_system', 'ticket_id']
) }}

{{ refused_rows(
    table='ticket_sla_applied',
    occurred='applied_at',
    parent=('ticket_id', 'tickets')
) }}
