{{ modelled_rows('tickets') }}
