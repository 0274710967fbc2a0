{#- The tables of the file contract. -#}
{% macro contract_tables() %}
    {{ return([
        'agent_availability',
        'agent_teams',
        'agents',
        'business_hours',
        'calls',
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
        'survey_responses',
        'surveys',
        'teams',
        'ticket_field_history',
        'ticket_fields',
        'ticket_sla_applied',
        'tickets',
    ]) }}
{% endmacro %}
