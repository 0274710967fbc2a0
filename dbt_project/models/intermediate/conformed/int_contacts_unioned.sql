{{ screened_rows(table='contacts') }}
