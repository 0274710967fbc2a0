{#- SQL of the field of a change in the ticket history: a property of the contract in its own form, or a declared
    own field by its id; null if it is neither. Column `field` is in scope, and `source_system`, unless one is
    given. -#}
{% macro history_field(source_system=none) -%}
    {%- set field = adapter.quote('field') -%}
    {#- The contract cannot be read while dbt parses. -#}
    {%- set column = contract_columns('ticket_field_history') | selectattr('accepts_own') | first -%}
    {%- set accepted = column.accepted if execute else ['status'] -%}
    {%- set listed = "('" ~ accepted | join("', '") ~ "')" -%}
    {%- set systems = [source_system] if source_system else ['generic'] + listed_sources().keys() | list -%}
    case
        {#- The cheap spellings first. -#}
        {%- for text in [field, 'lower(' ~ field ~ ')', compared(field)] %}
        when {{ text }} in {{ listed }} then {{ text }}
        {%- endfor %}
        {%- for system in systems if own_fields('ticket') %}
        {%- set ids = [] %}
        {%- for own in own_fields('ticket') if own_field_id(own, system) is not none %}
        {%- do ids.append(text_literal(own_field_id(own, system))) %}
        {%- endfor %}
        {%- if ids %}
        when
            {% if not source_system -%}
            source_system = '{{ system }}' and {% endif -%}
            {{ field }} in ({{ ids | join(', ') }})
            then {{ field }}
        {%- endif %}
        {%- endfor %}
    end
{%- endmacro %}
