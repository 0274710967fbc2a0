{{ stage_contract_table(
    'ticket_field_history', 'zendesk', ref('base_zendesk__ticket_field_history')
) }}
