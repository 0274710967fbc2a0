{#- The columns of a contract table that are compared and never used: one that cannot be read is null. -#}
{% macro compared_only_columns(table) -%}
    {{ return(contract_columns(table) | selectattr('compared_only') | map(attribute='name') | list) }}
{%- endmacro %}
