{{ stage_contract_table('tickets', 'zendesk', ref('base_zendesk__tickets')) }}
