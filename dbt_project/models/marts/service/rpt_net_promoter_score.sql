{{ survey_report('nps') }}
