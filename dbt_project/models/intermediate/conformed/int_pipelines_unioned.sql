{{ screened_rows(table='pipelines') }}
