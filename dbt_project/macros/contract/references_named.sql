{#- The common table expressions `listed`, `referring` and `known` of references between rows without a ticket:
    every possible reference, each id with the number of references to it, and the existing ids. `known_tickets`
    is in scope. -#}
{% macro references_named(tables, references) -%}
{%- set identified = references | map(attribute='to') | unique | list -%}
{% for table in tables -%}
{%- set relation = ref('int_' ~ table ~ '_valid') -%}
{%- if contract_references(table) %}
referring_{{ table }} as (

    {{ counted_references(table, relation) }}

),
{% endif -%}
{%- if table in identified %}
known_{{ table }} as (

    select distinct
        source_system,
        {{ contract_key(table) }} as known_id
    from {{ relation }}

),
{% endif -%}
{%- endfor %}

-- A list of its own: a reference that no row makes is a check all the same.
listed as (
    {% for reference in references %}
    select
        '{{ reference.table }}' as table_name,
        '{{ reference.label }}' as reference_column,
        '{{ reference.to }}' as to_table
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}

),

referring as (
    {% for table in references | map(attribute='table') | unique %}
    select
        '{{ table }}' as table_name,
        *
    from referring_{{ table }}
    where to_id is not null
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}

),

known as (
    {% for table in identified %}
    select
        '{{ table }}' as to_table,
        *
    from known_{{ table }}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}

),
{%- endmacro %}
