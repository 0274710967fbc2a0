-- R2, rpt_first_response_sla: SLA clocks of first response by the date they were due.
-- After sla_clocks.sql.

select * exclude (metric)
from due_clocks
where metric = 'first_response';
