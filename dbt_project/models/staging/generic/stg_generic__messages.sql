{{ config(materialized='landed') }}

{{ stage_contract_table('messages') }}
