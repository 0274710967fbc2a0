{{ modelled_rows('agent_teams') }}
