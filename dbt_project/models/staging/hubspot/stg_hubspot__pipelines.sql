{{ stage_contract_table('pipelines', 'hubspot', ref('base_hubspot__pipelines')) }}
