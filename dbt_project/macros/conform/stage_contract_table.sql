{#- A landed contract table with its declared types, every row kept.
    Adds `source_system`, `row_key` (the key as one text), `row_issue` (why the row breaks the contract,
    null where it does not), `raw_<column>` (the text as landed of each column that is not text itself),
    and where the row came from: `landed_file`, `landed_row`. `landed` is the relation of a source that
    does not land it in the contract's own shape. -#}
{% macro stage_contract_table(table, source_system='generic', landed=none) %}
{%- do config(materialized='landed') -%}
{%- set relation = landed or source(source_system, table) -%}
{%- set columns = contract_columns(table) -%}
{%- set typed = columns | rejectattr('type', 'equalto', 'string') | list -%}
with

landed as (

    select * from {{ relation }}
    {%- if table in ticket_tables() and (not execute or changed_only()) %}
    where
        coalesce(ticket_id, '') in (
            select changed.ticket_id
            from {{ ref('stg_landing__changed_tickets') }} as changed
            where changed.source_system = '{{ source_system }}'
        )
    {%- endif %}

),

parsed as (

    select
        *
        {%- for column in typed %},
        {% if column.type == 'timestamp' -%}
        {{ parse_instant(adapter.quote(column.name), column.accepts_date) }}
        {%- else -%}
        {{ parse_value(adapter.quote(column.name), column.type) }}
        {%- endif %} as parsed_{{ column.name }}
        {%- endfor %}
    from landed

),

checked as (

    select
        *,
        case
            {%- for column in columns if column.required %}
            when {{ adapter.quote(column.name) }} is null then '{{ column.name }}: missing'
            {%- endfor %}
            {%- for column in typed %}
            when {{ adapter.quote(column.name) }} is not null and parsed_{{ column.name }} is null
                then '{{ column.name }}: {{ contract_type_hint(column.type) }}'
            {%- endfor %}
            {%- for column in columns if column.accepted %}
            when {{ adapter.quote(column.name) }} not in ('{{ column.accepted | join("', '") }}')
                then '{{ column.name }}: not one of {{ column.accepted | join(", ") }}'
            {%- endfor %}
            {%- for column in columns if column.minimum is not none %}
            when parsed_{{ column.name }} < {{ column.minimum }}
                then '{{ column.name }}: below {{ 'zero' if column.minimum == 0 else column.minimum }}'
            {%- endfor %}
        end as row_issue
    from parsed

),

staged as (

    select
        cast('{{ source_system }}' as string) as source_system,
        {% for column in columns -%}
        {{ contract_column(column) }} as {{ adapter.quote(column.name) }},
        {% endfor -%}
        {{ contract_row_key(columns | selectattr('key') | list) }} as row_key,
        row_issue,
        {% for column in typed -%}
        {{ adapter.quote(column.name) }} as raw_{{ column.name }},
        {% endfor -%}
        _file as landed_file,
        _row as landed_row
    from checked

)

select * from staged
{%- endmacro %}
