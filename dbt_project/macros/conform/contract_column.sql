{#- The typed value of a contract column in a staging query. -#}
{% macro contract_column(column) -%}
    {{ adapter.quote(column.name) if column.type == 'string' else 'parsed_' ~ column.name }}
{%- endmacro %}
