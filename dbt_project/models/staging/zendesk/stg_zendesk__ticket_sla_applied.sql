{{ stage_contract_table('ticket_sla_applied', 'zendesk', ref('base_zendesk__ticket_sla_applied')) }}
