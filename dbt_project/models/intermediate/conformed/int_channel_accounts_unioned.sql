{{ modelled_rows('channel_accounts') }}
