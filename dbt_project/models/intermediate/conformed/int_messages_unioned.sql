{{ modelled_rows('messages') }}
