{{ modelled_rows('sla_targets') }}
