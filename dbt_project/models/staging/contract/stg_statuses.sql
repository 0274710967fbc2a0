{{ stage_contract_table('statuses') }}
