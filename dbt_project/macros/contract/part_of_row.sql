{#- The number of a row that is one of several parts of a landed record: unique in its file, as `_row` must be. -#}
{% macro part_of_row(row, part) -%}
    {{ row }} * 1000000 + {{ part }}
{%- endmacro %}
