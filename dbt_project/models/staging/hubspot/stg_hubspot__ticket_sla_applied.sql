{{ stage_contract_table('ticket_sla_applied', 'hubspot', ref('base_hubspot__ticket_sla_applied')) }}
