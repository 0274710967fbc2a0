{{ screened_rows(table='sla_pause_statuses') }}
