{#- The select list that gives rows of a vendor the shape of a contract table: each column as text, from its SQL
    in `values`, null without one; then the origin of the row. A column in `values` that the contract lacks is an
    error. In unit tests, where the contract cannot be read, only the named columns are selected. -#}
{% macro shaped_as(table, values) -%}
    {%- if execute and model.resource_type == 'unit_test' -%}
        {%- set columns = values.keys() | list -%}
    {%- else -%}
        {%- set columns = contract_columns(table) | map(attribute='name') | list -%}
    {%- endif -%}
    {%- for name in values if execute and name not in columns -%}
        {{ exceptions.raise_compiler_error('contract table ' ~ table ~ ' has no column ' ~ name) }}
    {%- endfor -%}
    {%- for name in columns -%}
        {%- set value = values.get(name, 'null') %}
        cast(nullif({{ value }}, '') as string) as {{ adapter.quote(name) }},
    {%- endfor %}
        _file,
        _row
{%- endmacro %}
