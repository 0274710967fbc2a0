{{ screened_rows(table='statuses') }}
