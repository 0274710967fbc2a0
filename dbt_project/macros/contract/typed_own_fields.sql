{#- The own fields of an object of which a value may be unreadable. -#}
{% macro typed_own_fields(object) -%}
    {{ return(own_fields(object) | selectattr('type', 'in', ['number', 'boolean', 'date', 'datetime']) | list) }}
{%- endmacro %}
