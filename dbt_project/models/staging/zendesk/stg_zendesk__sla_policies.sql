{{ stage_contract_table('sla_policies', 'zendesk', ref('base_zendesk__sla_policies')) }}
