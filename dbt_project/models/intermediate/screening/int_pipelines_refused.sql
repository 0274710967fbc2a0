{{ refused_rows(table='pipelines') }}
