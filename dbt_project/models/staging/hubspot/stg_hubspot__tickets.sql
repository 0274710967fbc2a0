{{ stage_contract_table('tickets', 'hubspot', ref('base_hubspot__tickets')) }}
