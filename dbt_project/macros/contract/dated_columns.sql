{#- The columns of a contract table with the time of an event or of a row. A start of validity is not one: any
    early date there means always. -#}
{% macro dated_columns(table) -%}
    {{ return(
        contract_columns(table) | selectattr('type', 'equalto', 'timestamp') | rejectattr('accepts_date')
        | map(attribute='name') | list
    ) }}
{%- endmacro %}
