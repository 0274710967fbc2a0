{{ sla_report('time_to_close') }}
