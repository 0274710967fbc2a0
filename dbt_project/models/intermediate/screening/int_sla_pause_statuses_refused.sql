{{ refused_rows(table='sla_pause_statuses') }}
