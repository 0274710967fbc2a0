{{ stage_contract_table('agents', 'hubspot', ref('base_hubspot__agents')) }}
