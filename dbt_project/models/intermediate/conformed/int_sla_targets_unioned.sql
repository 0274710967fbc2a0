{{ screened_rows(
    table='sla_targets',
    extra_issue="case
        when unioned.valid_to < unioned.valid_from then 'valid_to: before valid_from'
        when unioned.goal_seconds < 0 then 'goal_seconds: below zero'
        when unioned.due_soon_seconds < 0 then 'due_soon_seconds: below zero'
    end"
) }}
