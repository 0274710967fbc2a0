{{ stage_contract_table('ticket_field_history') }}
