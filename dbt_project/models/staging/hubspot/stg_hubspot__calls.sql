{{ stage_contract_table('calls', 'hubspot', ref('base_hubspot__calls')) }}
