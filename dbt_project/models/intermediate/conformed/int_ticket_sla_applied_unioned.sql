{{ modelled_rows('ticket_sla_applied') }}
