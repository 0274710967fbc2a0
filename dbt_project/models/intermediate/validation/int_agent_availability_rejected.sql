{{ rejected_rows(
    table='agent_availability',
    occurred='started_at',
    extra_issue="case
        when staged.ended_at < staged.started_at then 'ended_at: before started_at'
    end"
) }}
