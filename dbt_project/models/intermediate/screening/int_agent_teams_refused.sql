{{ refused_rows(
    table='agent_teams',
    extra_issue="case when staged.valid_to < staged.valid_from then 'valid_to: before valid_from' end"
) }}
