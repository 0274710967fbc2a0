select * from ticket_forms
