{{ screened_rows(
    table='ticket_sla_applied',
    occurred='applied_at',
    parent=('ticket_id', 'int_tickets_unioned')
) }}
