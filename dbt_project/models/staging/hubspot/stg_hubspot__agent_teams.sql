{{ stage_contract_table('agent_teams', 'hubspot', ref('base_hubspot__agent_teams')) }}
