select * from custom_statuses
