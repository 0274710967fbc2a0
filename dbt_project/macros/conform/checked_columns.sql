{#- The columns of int_ticket_rows_checked on what rows of tickets point to. -#}
{% macro checked_columns() %}
    {%- set columns = [] -%}
    {%- for table in ticket_tables() -%}
        {%- for reference in contract_references(table) -%}
            {%- do columns.extend(['checked_' ~ table ~ '_' ~ loop.index, 'orphan_' ~ table ~ '_' ~ loop.index]) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(columns) }}
{% endmacro %}
