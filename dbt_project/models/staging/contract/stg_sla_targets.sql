{{ stage_contract_table('sla_targets') }}
