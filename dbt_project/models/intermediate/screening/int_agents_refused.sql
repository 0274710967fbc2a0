{{ refused_rows(table='agents') }}
