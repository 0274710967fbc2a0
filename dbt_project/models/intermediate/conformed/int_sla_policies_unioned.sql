{{ modelled_rows('sla_policies') }}
