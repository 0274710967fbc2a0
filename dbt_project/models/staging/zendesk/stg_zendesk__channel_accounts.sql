{{ stage_contract_table('channel_accounts', 'zendesk', ref('base_zendesk__channel_accounts')) }}
