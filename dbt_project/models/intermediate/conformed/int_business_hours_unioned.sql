{{ modelled_rows('business_hours') }}
