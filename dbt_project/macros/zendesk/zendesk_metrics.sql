{#- Zendesk's names of each metric of the contract: those of SLA policies and of a ticket's history, then those
    of metric events, in which the first instance of `reply_time` is the first reply and later ones are next
    replies. -#}
{% macro zendesk_metrics() %}
    {{ return({
        'first_response': ['first_reply_time'],
        'next_response': ['next_reply_time'],
        'time_to_close': ['total_resolution_time', 'resolution_time'],
        'requester_wait': ['requester_wait_time'],
        'agent_work': ['agent_work_time'],
        'periodic_update': ['periodic_update_time'],
        'pausable_update': ['pausable_update_time'],
    }) }}
{% endmacro %}
