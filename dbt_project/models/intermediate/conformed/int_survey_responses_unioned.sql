{{ modelled_rows('survey_responses') }}
