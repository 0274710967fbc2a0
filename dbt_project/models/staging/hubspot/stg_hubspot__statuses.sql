{{ stage_contract_table('statuses', 'hubspot', ref('base_hubspot__statuses')) }}
