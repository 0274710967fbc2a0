-- R5, rpt_next_response_sla: SLA clocks of next response by the date they were due.
-- After sla_clocks.sql.

select * exclude (metric)
from due_clocks
where metric = 'next_response';
