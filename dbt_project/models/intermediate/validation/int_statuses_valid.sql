{{ config(materialized=planned_once()) }}

{{ valid_rows('statuses') }}
