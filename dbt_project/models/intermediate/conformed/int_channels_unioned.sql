{{ modelled_rows('channels') }}
