{#- A score is judged by the scale of its survey; the survey itself is the row's parent, so that a
    response to one that nobody knows is told as such, whatever its score. -#}
{{ refused_rows(
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
            select 1 from " ~ ref('int_surveys_scaled') ~ " as surveys
            where
                staged.source_system = surveys.source_system
                and staged.survey_id = surveys.survey_id
                and staged.score not between surveys.scale_min and surveys.scale_max
        ) then 'score: off the scale of its survey'
    end"
) }}
