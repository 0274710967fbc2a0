{{ modelled_rows('surveys') }}
