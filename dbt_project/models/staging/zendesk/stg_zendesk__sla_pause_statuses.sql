{{ stage_contract_table('sla_pause_statuses', 'zendesk', ref('base_zendesk__sla_pause_statuses')) }}
