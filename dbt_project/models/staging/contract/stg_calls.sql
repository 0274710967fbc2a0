{{ stage_contract_table('calls') }}
