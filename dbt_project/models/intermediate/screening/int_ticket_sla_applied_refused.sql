{{ refused_rows(
    table='ticket_sla_applied',
    occurred='applied_at',
    parent=('ticket_id', 'tickets')
) }}
