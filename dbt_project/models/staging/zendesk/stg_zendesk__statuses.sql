{{ stage_contract_table('statuses', 'zendesk', ref('base_zendesk__statuses')) }}
