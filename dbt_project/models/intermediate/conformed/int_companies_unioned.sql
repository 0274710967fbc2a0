{{ screened_rows(table='companies') }}
