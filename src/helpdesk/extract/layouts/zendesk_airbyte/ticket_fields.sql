select * from ticket_fields
