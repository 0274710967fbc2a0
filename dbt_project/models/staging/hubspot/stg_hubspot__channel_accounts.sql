{{ stage_contract_table('channel_accounts', 'hubspot', ref('base_hubspot__channel_accounts')) }}
