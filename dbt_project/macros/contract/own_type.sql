{#- The SQL type of the column of an own field. -#}
{% macro own_type(field) -%}
    {{ return(
        {'number': 'double', 'boolean': 'boolean', 'date': 'date', 'datetime': 'timestamp'}.get(field.type, 'string')
    ) }}
{%- endmacro %}
