{{ survey_report('ces') }}
