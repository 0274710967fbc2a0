{{ modelled_rows('deletions') }}
