{{ stage_contract_table('agent_availability') }}
