{{ stage_contract_table('ticket_sla_applied') }}
