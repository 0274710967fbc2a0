{{ screened_rows(
    table='messages',
    occurred='sent_at',
    parent=('ticket_id', 'int_tickets_unioned')
) }}
