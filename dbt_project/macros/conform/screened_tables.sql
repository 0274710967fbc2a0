{#- The contract tables that are modelled so far: those with an int_<table>_unioned model. -#}
{% macro screened_tables() %}
    {{ return([
        'agent_teams',
        'agents',
        'business_hours',
        'channel_accounts',
        'channels',
        'companies',
        'contacts',
        'deletions',
        'holidays',
        'messages',
        'pipelines',
        'sla_pause_statuses',
        'sla_policies',
        'sla_targets',
        'statuses',
        'teams',
        'ticket_field_history',
        'ticket_sla_applied',
        'tickets',
    ]) }}
{% endmacro %}
