{{ stage_contract_table('companies', 'zendesk', ref('base_zendesk__companies')) }}
