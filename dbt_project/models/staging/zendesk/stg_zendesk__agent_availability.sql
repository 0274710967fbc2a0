{{ stage_contract_table('agent_availability', 'zendesk', ref('base_zendesk__agent_availability')) }}
