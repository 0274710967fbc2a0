{{ stage_contract_table('surveys') }}
