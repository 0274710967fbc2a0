{{ modelled_rows('ticket_field_history') }}
