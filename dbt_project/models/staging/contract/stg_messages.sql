{{ stage_contract_table('messages') }}
