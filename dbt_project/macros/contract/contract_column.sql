{#- The typed value of a contract column in a staging query. -#}
{% macro contract_column(column) -%}
    {{ 'parsed_' ~ column.name if column.is_parsed else adapter.quote(column.name) }}
{%- endmacro %}
