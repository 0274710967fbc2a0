select * from calls
