{{ refused_rows(table='channels') }}
