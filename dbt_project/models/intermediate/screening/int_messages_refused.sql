{{ refused_rows(
    table='messages',
    occurred='sent_at',
    parent=('ticket_id', 'tickets')
) }}
