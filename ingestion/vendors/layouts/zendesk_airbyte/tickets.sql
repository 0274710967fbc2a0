select * from tickets
