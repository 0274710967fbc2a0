{#- The contract tables whose every row is of one ticket: those a refresh reads a part of. -#}
{% macro ticket_tables() %}
    {{ return(['tickets', 'ticket_field_history', 'messages', 'ticket_sla_applied']) }}
{% endmacro %}
