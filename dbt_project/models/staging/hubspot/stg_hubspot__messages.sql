{{ stage_contract_table('messages', 'hubspot', ref('base_hubspot__messages')) }}
