{#- Zendesk's priorities, the lowest first. -#}
{% macro zendesk_priorities() %}
    {{ return(['low', 'normal', 'high', 'urgent']) }}
{% endmacro %}
