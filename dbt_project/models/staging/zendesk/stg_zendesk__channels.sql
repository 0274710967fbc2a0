{{ stage_contract_table('channels', 'zendesk', ref('base_zendesk__channels')) }}
