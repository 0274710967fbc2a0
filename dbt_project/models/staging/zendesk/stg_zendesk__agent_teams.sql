{{ stage_contract_table('agent_teams', 'zendesk', ref('base_zendesk__agent_teams')) }}
