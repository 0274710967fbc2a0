select * from phone_numbers
