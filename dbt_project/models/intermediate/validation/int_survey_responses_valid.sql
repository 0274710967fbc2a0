{{ config(materialized=planned_once()) }}

{{ valid_rows('survey_responses') }}
