{{ screened_rows(
    table='sla_policies',
    extra_issue="case
        when unioned.valid_to < unioned.valid_from then 'valid_to: before valid_from'
        when not " ~ is_sla_conditions('unioned.conditions') ~ "
            then 'conditions: not an object of pipeline, priority, team, channel or source'
    end"
) }}
