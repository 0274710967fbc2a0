{{ config(
    materialized='incremental',
    incremental_strategy='changed_tickets',
    unique_key=['source_system', 'landed_file', 'landed_row'],
    changed_by=['source_system', 'ticket_id']
) }}

{{ refused_rows(
    table='ticket_field_history',
    occurred='changed_at',
    parent=('ticket_id', 'tickets'),
    extra_issue="case when staged.field = 'status' and staged.value is null then 'value: missing' end"
) }}
