{{ stage_contract_table('pipelines') }}
