{{ stage_contract_table('contacts') }}
