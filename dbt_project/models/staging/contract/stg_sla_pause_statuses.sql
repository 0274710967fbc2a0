{{ stage_contract_table('sla_pause_statuses') }}
