{{ modelled_rows('agent_availability') }}
