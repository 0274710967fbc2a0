{{ stage_contract_table('teams', 'zendesk', ref('base_zendesk__teams')) }}
