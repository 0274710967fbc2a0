select * from ticket_metric_events
