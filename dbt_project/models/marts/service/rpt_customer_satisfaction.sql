{{ survey_report('csat') }}
