{{ config(materialized='landed') }}

{{ stage_contract_table('tickets') }}
