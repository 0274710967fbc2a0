{{ config(materialized='table') }}

{{ survey_report('csat') }}
