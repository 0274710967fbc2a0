select * from schedules
