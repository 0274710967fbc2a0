{{ stage_contract_table('companies') }}
