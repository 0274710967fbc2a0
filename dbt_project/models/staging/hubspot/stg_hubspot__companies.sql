{{ stage_contract_table('companies', 'hubspot', ref('base_hubspot__companies')) }}
