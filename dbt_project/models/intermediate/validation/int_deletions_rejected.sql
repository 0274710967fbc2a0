{{ rejected_rows(table='deletions', occurred='deleted_at') }}
