{{ refused_rows(table='teams') }}
