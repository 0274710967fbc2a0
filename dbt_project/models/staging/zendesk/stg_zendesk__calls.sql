{{ stage_contract_table('calls', 'zendesk', ref('base_zendesk__calls')) }}
