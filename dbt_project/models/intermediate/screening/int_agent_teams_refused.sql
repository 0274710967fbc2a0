{{ refused_rows(table='agent_teams') }}
