{{ screened_rows(table='agents') }}
