{{ stage_contract_table('ticket_fields') }}
