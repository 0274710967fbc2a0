{{ screened_rows(table='deletions', occurred='deleted_at') }}
