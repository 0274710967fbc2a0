{{ config(materialized='table') }}

{{ survey_report('ces') }}
