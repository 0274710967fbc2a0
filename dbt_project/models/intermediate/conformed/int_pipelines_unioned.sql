{{ modelled_rows('pipelines') }}
