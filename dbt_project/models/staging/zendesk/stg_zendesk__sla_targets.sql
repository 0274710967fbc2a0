{{ stage_contract_table('sla_targets', 'zendesk', ref('base_zendesk__sla_targets')) }}
