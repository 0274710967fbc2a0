{#- A staged row of a contract table as it landed, as one JSON object, for people to read; personal data is
    masked unless the build is configured to show it. -#}
{% macro contract_row_json(table, relation) -%}
    {%- set values = {} -%}
    {%- for column in contract_columns(table) -%}
        {%- set is_typed = column.type is defined and column.type != 'string' -%}
        {%- set value = relation ~ '.' ~ ('raw_' ~ column.name if is_typed else adapter.quote(column.name)) -%}
        {%- if column.personal and not var('include_personal_data') -%}
            {%- set value = "case when " ~ value ~ " is not null then '(masked)' end" -%}
        {%- endif -%}
        {%- do values.update({column.name: value}) -%}
    {%- endfor -%}
    {{ row_as_json(values) }}
{%- endmacro %}
