{{ modelled_rows('teams') }}
