{{ refused_rows(
    table='sla_targets',
    extra_issue="case
        when staged.valid_to < staged.valid_from then 'valid_to: before valid_from'
        when staged.goal_seconds < 0 then 'goal_seconds: below zero'
        when staged.due_soon_seconds < 0 then 'due_soon_seconds: below zero'
        when staged.goal_seconds > " ~ longest_seconds() ~ " then 'goal_seconds: over a hundred years'
        when staged.due_soon_seconds > " ~ longest_seconds() ~ "
            then 'due_soon_seconds: over a hundred years'
    end"
) }}
