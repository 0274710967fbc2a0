{{ modelled_rows('sla_pause_statuses') }}
