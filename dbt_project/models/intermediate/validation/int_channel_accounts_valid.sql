{{ config(materialized=planned_once()) }}

{{ valid_rows('channel_accounts') }}
