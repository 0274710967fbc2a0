{#- The select list that gives rows of a vendor the shape of a contract table: each column as text, from the SQL
    that `values` has for it, null where it has none; then where the row came from. `values` may not name
    a column that the contract does not have. Unit tests, in which the contract cannot be looked up, have
    the named columns alone. -#}
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
