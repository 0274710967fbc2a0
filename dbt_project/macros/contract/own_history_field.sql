{#- The name of an own field of the ticket among the standard properties in the history. -#}
{% macro own_history_field(field) -%}
    {{ return('own.' ~ field.name) }}
{%- endmacro %}
