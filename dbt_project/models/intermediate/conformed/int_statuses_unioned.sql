{{ modelled_rows('statuses') }}
