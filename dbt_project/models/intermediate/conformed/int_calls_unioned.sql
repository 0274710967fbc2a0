{{ modelled_rows('calls') }}
