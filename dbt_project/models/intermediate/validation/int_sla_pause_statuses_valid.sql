{{ config(materialized=planned_once()) }}

{{ valid_rows('sla_pause_statuses') }}
