{{ stage_contract_table('pipelines', 'zendesk', ref('base_zendesk__pipelines')) }}
