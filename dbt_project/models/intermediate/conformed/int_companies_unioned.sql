{{ modelled_rows('companies') }}
