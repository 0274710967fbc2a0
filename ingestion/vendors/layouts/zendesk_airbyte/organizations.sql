select * from organizations
