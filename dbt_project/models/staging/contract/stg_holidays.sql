{{ stage_contract_table('holidays') }}
