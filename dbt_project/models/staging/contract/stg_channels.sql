{{ stage_contract_table('channels') }}
