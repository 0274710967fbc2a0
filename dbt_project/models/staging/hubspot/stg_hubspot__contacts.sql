{{ stage_contract_table('contacts', 'hubspot', ref('base_hubspot__contacts')) }}
