{#- The references that the rows of a contract table make, as declared beside its columns. Returns a list of
    dicts: `table`, `column`, the table `to` which it points, `by` and `value`, the column and the value of
    it on which that depends, if it does, and a `label` made of column and value. -#}
{% macro contract_references(table) %}
    {%- set references = [] -%}
    {%- for column in contract_columns(table) -%}
        {%- if column.references -%}
            {%- do references.append({'table': table, 'label': column.name, 'column': column.name, 'to': column.references}) -%}
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
