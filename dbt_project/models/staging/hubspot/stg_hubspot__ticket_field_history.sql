{{ stage_contract_table(
    'ticket_field_history', 'hubspot', ref('base_hubspot__ticket_field_history')
) }}
