{{ screened_rows(
    table='ticket_field_history',
    occurred='changed_at',
    parent=('ticket_id', 'int_tickets_unioned'),
    extra_issue="case when unioned.field = 'status' and unioned.value is null then 'value: missing' end"
) }}
