{{ stage_contract_table('agents', 'zendesk', ref('base_zendesk__agents')) }}
