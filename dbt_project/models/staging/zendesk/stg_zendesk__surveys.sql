{{ stage_contract_table('surveys', 'zendesk', ref('base_zendesk__surveys')) }}
