-- C6, rpt_sla_performance: measured SLA clocks by the date they were due, by metric and priority.
-- After sla_clocks.sql.

select
    clocks.metric as sla_metric,
    tickets.priority,
    report_date_of(make_timestamp(clocks.due_second * 1000000)) as report_date,
    tickets.agent_key,
    tickets.team_key,
    tickets.channel_account_key,
    tickets.pipeline_key,
    tickets.company_key,
    count(*) filter (clocks.status = 'completed_on_time') as sla_on_time_count,
    count(*) filter (clocks.status = 'completed_late') as sla_late_count,
    count(*) filter (clocks.status = 'overdue') as sla_overdue_count,
    count(*) filter (clocks.status in ('completed_on_time', 'completed_late', 'overdue'))
        as sla_measured_count,
    count(*) as row_count
from counted_tickets as tickets
inner join sla_clock_status as clocks using (ticket_id)
where
    clocks.moment = 'now'
    and clocks.due_second is not null
    and clocks.status in ('completed_on_time', 'completed_late', 'overdue')
group by all;
