{{ refused_rows(
    table='ticket_field_history',
    occurred='changed_at',
    parent=('ticket_id', 'tickets'),
    extra_issue="case when staged.field = 'status' and staged.value is null then 'value: missing' end"
) }}
