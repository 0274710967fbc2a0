{{ refused_rows(table='channel_accounts') }}
