{#- Zendesk's SLA metrics that each clock of the contract stands for: of several in one policy, the first. -#}
{% macro zendesk_metrics() %}
    {{ return({
        'first_response': ['first_reply_time'],
        'next_response': ['next_reply_time'],
        'time_to_close': ['total_resolution_time', 'requester_wait_time', 'agent_work_time'],
    }) }}
{% endmacro %}
