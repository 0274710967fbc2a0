{{ modelled_rows('agents') }}
