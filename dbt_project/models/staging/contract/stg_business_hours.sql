{{ stage_contract_table('business_hours') }}
