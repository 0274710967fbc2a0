{{ screened_rows(table='channels') }}
