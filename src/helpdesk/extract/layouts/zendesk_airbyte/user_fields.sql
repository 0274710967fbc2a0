select * from user_fields
