{{ stage_contract_table('channel_accounts') }}
