{{ refused_rows(table='contacts') }}
