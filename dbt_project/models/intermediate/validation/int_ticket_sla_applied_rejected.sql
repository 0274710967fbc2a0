{{ config(
    materialized='incremental',
    incremental_strategy='changed_tickets',
    unique_key=['source_system', 'landed_file', 'landed_row'],
    changed_by=['source_system', 'ticket_id']
) }}
-- depends_on: {{ ref('int_changed_tickets') }}

{{ rejected_rows(
    table='ticket_sla_applied',
    occurred='applied_at',
    parent=('ticket_id', 'tickets'),
    extra_issue="case
            when staged.goal_seconds is not null and staged.metric is null
                then 'metric: missing next to goal_seconds'
            when staged.goal_seconds < 0 then 'goal_seconds: below zero'
            when staged.goal_seconds > " ~ longest_seconds() ~ "
                then 'goal_seconds: over a hundred years'
        end"
) }}
