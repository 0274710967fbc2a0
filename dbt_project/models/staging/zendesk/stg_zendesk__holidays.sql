{{ stage_contract_table('holidays', 'zendesk', ref('base_zendesk__holidays')) }}
