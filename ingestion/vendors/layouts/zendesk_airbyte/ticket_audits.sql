select * from ticket_audits
