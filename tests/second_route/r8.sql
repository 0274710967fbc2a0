-- R8, rpt_time_to_close_sla: SLA clocks of time to close by the date they were due.
-- After sla_clocks.sql.

select
    report_date_of(make_timestamp(clocks.due_second * 1000000)) as report_date,
    tickets.agent_key,
    tickets.team_key,
    tickets.channel_account_key,
    tickets.pipeline_key,
    tickets.company_key,
    count(*) as clock_count,
    count(*) filter (clocks.status = 'completed_on_time') as on_time_count,
    count(*) filter (clocks.status = 'completed_late') as late_count,
    count(*) filter (clocks.status = 'overdue') as overdue_count,
    count(*) filter (clocks.status in ('completed_on_time', 'completed_late', 'overdue'))
        as measured_count
from counted_tickets as tickets
inner join judged_clocks as clocks using (ticket_id)
where clocks.metric = 'time_to_close' and clocks.moment = 'now' and clocks.due_second is not null
group by all;
