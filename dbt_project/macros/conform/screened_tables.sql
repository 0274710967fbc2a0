{#- The contract tables that are modelled so far: those with an int_<table>_unioned model. -#}
{% macro screened_tables() %}
    {{ return([
        'agent_teams',
        'agents',
        'channel_accounts',
        'channels',
        'companies',
        'contacts',
        'deletions',
        'pipelines',
        'statuses',
        'teams',
        'ticket_field_history',
        'tickets',
    ]) }}
{% endmacro %}
