{#- The name of the first key column of a contract table: of one that others point to, its id. -#}
{% macro contract_key(table) -%}
    {{ return((contract_columns(table) | selectattr('key') | list + [{'name': 'id'}])[0].name) }}
{%- endmacro %}
