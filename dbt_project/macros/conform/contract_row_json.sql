{#- A row of a contract table as one JSON object, for people to read; personal data is masked unless
    the build is configured to show it. -#}
{% macro contract_row_json(table, relation) -%}
    {%- set masked = [] -%}
    {%- if not var('include_personal_data') -%}
        {%- for column in contract_columns(table) if column.personal -%}
            {%- do masked.append(column.name) -%}
        {%- endfor -%}
    {%- endif -%}
    {{ row_as_json(contract_columns(table) | map(attribute='name') | list, relation, masked) }}
{%- endmacro %}
