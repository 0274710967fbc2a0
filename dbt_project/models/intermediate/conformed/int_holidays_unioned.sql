{{ modelled_rows('holidays') }}
