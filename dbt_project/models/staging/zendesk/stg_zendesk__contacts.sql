{{ stage_contract_table('contacts', 'zendesk', ref('base_zendesk__contacts')) }}
