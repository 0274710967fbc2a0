{{ stage_contract_table('surveys', 'hubspot', ref('base_hubspot__surveys')) }}
