{#- The ticket fields whose changes are followed, as Zendesk calls them, with the contract's names. -#}
{% macro zendesk_fields() %}
    {{ return({
        'ticket_form_id': 'pipeline',
        'group_id': 'team',
        'assignee_id': 'agent',
        'priority': 'priority',
        'status': 'status',
    }) }}
{% endmacro %}
