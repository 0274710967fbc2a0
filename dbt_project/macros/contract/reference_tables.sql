{#- The contract tables that describe the help desk. Their rows have no time, so none is deferred to a later
    as_of. They share the model int_reference_rows_rejected. -#}
{% macro reference_tables() %}
    {{ return([
        'agent_teams',
        'agents',
        'business_hours',
        'channel_accounts',
        'channels',
        'companies',
        'contacts',
        'holidays',
        'pipelines',
        'sla_pause_statuses',
        'sla_policies',
        'sla_targets',
        'statuses',
        'surveys',
        'teams',
        'ticket_fields',
    ]) }}
{% endmacro %}
