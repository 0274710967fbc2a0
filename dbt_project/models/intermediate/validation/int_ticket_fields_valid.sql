{{ config(materialized=planned_once()) }}

{{ valid_rows('ticket_fields') }}
