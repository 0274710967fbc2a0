{{ stage_contract_table('teams') }}
