{{ refused_rows(table='companies') }}
