{{ refused_rows(
    table='sla_policies',
    extra_issue="case
        when staged.valid_to < staged.valid_from then 'valid_to: before valid_from'
        when not " ~ is_sla_conditions('staged.conditions') ~ "
            then 'conditions: not an object of pipeline, priority, team, channel or source'
    end"
) }}
