{{ config(materialized=planned_once()) }}

{{ valid_rows('agent_availability') }}
