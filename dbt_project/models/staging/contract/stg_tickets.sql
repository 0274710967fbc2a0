{{ stage_contract_table('tickets') }}
