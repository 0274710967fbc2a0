{{ modelled_rows('contacts') }}
