{{ stage_contract_table('business_hours', 'zendesk', ref('base_zendesk__business_hours')) }}
