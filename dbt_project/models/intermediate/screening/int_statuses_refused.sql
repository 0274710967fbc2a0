{{ refused_rows(table='statuses') }}
