{{ screened_rows(table='channel_accounts') }}
