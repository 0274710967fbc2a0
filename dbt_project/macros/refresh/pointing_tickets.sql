{#- The keys of the tickets of which a landed row points to a row of `came_or_went`. `empty` is any relation, which
    gives the shape where no table that points has landed. -#}
{% macro pointing_tickets(came_or_went, empty) -%}
    {%- set pointers = [] -%}
    {%- for table in ticket_tables() -%}
        {%- do pointers.extend(contract_references(table) | selectattr('to', 'in', pointed_to_tables())) -%}
    {%- endfor -%}
    select cast(null as string) as ticket_key
    from {{ empty }}
    where false
    {%- for pointer in pointers %}
    {%- for source_system in landed_sources(pointer.table) %}
    union all
    select {{ entity_key("coalesce(landed.ticket_id, '')", "'" ~ source_system ~ "'") }} as ticket_key
    from {{ landed_relation(pointer.table, source_system) }} as landed
    inner join {{ came_or_went }} as moved
        on
            moved.source_system = '{{ source_system }}'
            and moved.table_name = '{{ pointer.to }}'
            and landed.{{ pointer.column }} = moved.row_key
            {%- if pointer.by %}
            and landed.{{ pointer.by }} = '{{ pointer.value }}'
            {%- endif %}
    {%- endfor %}
    {%- endfor %}
{%- endmacro %}
