{{ screened_rows(
    table='agent_availability',
    occurred='started_at',
    extra_issue="case
        when unioned.ended_at < unioned.started_at then 'ended_at: before started_at'
    end"
) }}
