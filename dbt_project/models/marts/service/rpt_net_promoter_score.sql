{{ config(materialized='table') }}

{{ survey_report('nps') }}
