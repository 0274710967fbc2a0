{#- A score is checked against the scale of its survey. The survey is the parent of the row, so that a response
    without its survey has that reason, whatever its score. -#}
{{ rejected_rows(
    table='survey_responses',
    occurred=['sent_at', 'responded_at'],
    parent=('survey_id', 'surveys'),
    extra_issue="case
        when staged.sent_at is null and staged.responded_at is null
            then 'sent_at: missing, and responded_at too'
        when staged.responded_at < staged.sent_at then 'responded_at: before sent_at'
        when staged.score is not null and staged.responded_at is null
            then 'responded_at: missing where there is a score'
        when exists (
            select 1 from " ~ ref('int_surveys') ~ " as surveys
            where
                staged.source_system = surveys.source_system
                and staged.survey_id = surveys.survey_id
                and staged.score not between surveys.scale_min and surveys.scale_max
        ) then 'score: off the scale of its survey'
    end"
) }}
