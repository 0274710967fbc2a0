{#- The key columns of a contract table as one text. Parts are kept apart by a control character; where one
    holds that character itself it is spelt out, or two keys could become one. -#}
{% macro contract_row_key(keys) -%}
    {%- set parts = [] -%}
    {%- for column in keys -%}
        {%- set part = 'cast(' ~ contract_column(column) ~ ' as string)' -%}
        {%- if column.type == 'string' and keys | length > 1 -%}
            {%- set part = 'replace(' ~ part ~ ", chr(31), chr(92) || 'x1f')" -%}
        {%- endif -%}
        {%- do parts.append('coalesce(' ~ part ~ ", '')") -%}
    {%- endfor -%}
    {{ return(parts | join(' || chr(31) || ')) }}
{%- endmacro %}
