{{ stage_contract_table('deletions') }}
