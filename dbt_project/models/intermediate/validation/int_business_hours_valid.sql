{{ config(materialized=planned_once()) }}

{{ valid_rows('business_hours') }}
