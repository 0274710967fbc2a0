{{ stage_contract_table('messages', 'zendesk', ref('base_zendesk__messages')) }}
