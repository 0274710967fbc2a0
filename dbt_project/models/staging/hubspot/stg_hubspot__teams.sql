{{ stage_contract_table('teams', 'hubspot', ref('base_hubspot__teams')) }}
