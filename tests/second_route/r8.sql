-- R8, rpt_time_to_close_sla: SLA clocks of time to close by the date they were due.
-- After sla_clocks.sql.

select * exclude (metric)
from due_clocks
where metric = 'time_to_close';
