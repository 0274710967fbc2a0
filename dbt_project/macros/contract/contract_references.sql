{#- The references of the rows of a contract table, as declared next to its columns. Returns a list of dicts:
    `table`, `column`, the table `to` which it refers, `by` and `value` (the column and value on which the
    reference depends, if it does), a `label` of column and value, the values `except` which the column is a
    reference, and the column `unless` which has a value. -#}
{% macro contract_references(table) %}
    {%- set references = [] -%}
    {%- for column in contract_columns(table) -%}
        {%- if column.references -%}
            {%- do references.append({
                'table': table,
                'label': column.name,
                'column': column.name,
                'to': column.references,
                'except': column.references_except,
                'unless': column.references_unless,
            }) -%}
        {%- elif column.references_by -%}
            {%- for value, to in column.references_by.tables.items() -%}
                {%- do references.append({
                    'table': table,
                    'label': column.name ~ ':' ~ value,
                    'column': column.name,
                    'to': to,
                    'by': column.references_by.column,
                    'value': value,
                }) -%}
            {%- endfor -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(references) }}
{% endmacro %}
