{{ screened_rows(table='teams') }}
