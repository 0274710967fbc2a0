{{ sla_report('first_response') }}
