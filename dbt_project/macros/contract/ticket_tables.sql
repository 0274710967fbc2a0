{#- The contract tables whose every row belongs to one ticket. A refresh reads only the rows of changed tickets. -#}
{% macro ticket_tables() %}
    {{ return(['tickets', 'ticket_field_history', 'messages', 'ticket_sla_applied']) }}
{% endmacro %}
