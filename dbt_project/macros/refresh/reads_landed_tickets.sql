{#- Says, while dbt is only parsing, that a model reads what every source landed of tickets: what it reads of them follows
    from the contract's references, which dbt does not show then. -#}
{% macro reads_landed_tickets() -%}
    {%- for table in ticket_tables() if not execute -%}
        {%- for source_system in landed_sources(table) -%}
            {%- do landed_relation(table, source_system) -%}
        {%- endfor -%}
    {%- endfor -%}
{%- endmacro %}
