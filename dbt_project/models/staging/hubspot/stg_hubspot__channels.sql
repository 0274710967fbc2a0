{{ stage_contract_table('channels', 'hubspot', ref('base_hubspot__channels')) }}
