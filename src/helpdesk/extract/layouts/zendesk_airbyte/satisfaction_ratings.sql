select * from satisfaction_ratings
