{#- The help desks other than the file contract, with the contract tables that each feeds: `shaped` by a model
    `base_<source>__<table>`, or `landed` in the shape of the contract. `history`: the stream and the column with
    the ticket history, if a tool can copy tickets without it. A new source is a staging folder and an entry
    here. -#}
{% macro listed_sources() %}
    {%- set hubspot = [
        'agent_availability', 'agent_teams', 'agents', 'calls', 'channel_accounts', 'channels', 'companies', 'contacts',
        'messages', 'pipelines', 'statuses', 'survey_responses', 'surveys', 'teams', 'ticket_field_history',
        'ticket_fields', 'ticket_sla_applied', 'tickets',
    ] -%}
    {{ return({
        'hubspot': {
            'shaped': hubspot,
            'landed': contract_tables() | reject('in', hubspot) | list,
            'history': ('tickets', 'propertiesWithHistory'),
        },
        'zendesk': {
            'shaped': contract_tables() | reject('in', ['deletions', 'sla_pause_statuses']) | list,
            'landed': ['deletions', 'sla_pause_statuses'],
        },
    }) }}
{% endmacro %}
