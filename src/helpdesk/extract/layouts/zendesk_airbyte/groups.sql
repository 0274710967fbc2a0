select * from groups
