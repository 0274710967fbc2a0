{{ stage_contract_table('agents') }}
