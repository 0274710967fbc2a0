{{ sla_report('next_response') }}
