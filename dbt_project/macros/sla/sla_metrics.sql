{#- The metrics of SLA clocks, each with the status states that pause it in every policy. -#}
{% macro sla_metrics() %}
    {{ return({
        'first_response': [],
        'next_response': [],
        'time_to_close': [],
        'requester_wait': ['pending'],
        'agent_work': ['pending', 'on_hold'],
        'periodic_update': [],
        'pausable_update': ['pending'],
    }) }}
{% endmacro %}
