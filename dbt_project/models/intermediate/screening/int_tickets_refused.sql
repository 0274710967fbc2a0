{{ refused_rows(table='tickets', version='updated_at', occurred='created_at') }}
