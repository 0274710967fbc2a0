{{ screened_rows(table='agent_teams') }}
