{{ config(
    materialized='incremental',
    incremental_strategy='changed_tickets',
    unique_key=['source_system', 'ticket_id'],
    changed_by=['source_system', 'ticket_id']
) }}

{#- What is pointed to is read off the contract, which dbt does not know while it parses. -#}
{%- for table in conformed_tables() -%}
{%- do ref('int_' ~ table ~ '_unioned') -%}
{%- endfor -%}
{%- set tables = ticket_tables() -%}
{%- set identified = [] -%}
{%- for table in tables -%}
{%- for to in contract_references(table) | map(attribute='to') | unique -%}
{%- do identified.append(to) if to not in identified -%}
{%- endfor -%}
{%- endfor -%}
with

tickets as (

    select * from {{ ref('int_tickets_resolved') }}

),

spells as (

    select * from {{ ref('int_ticket_status_spells_built') }}

),

known as (
    {% for table in identified %}
    select distinct
        '{{ table }}' as to_table,
        source_system,
        {{ (contract_columns(table) | selectattr('key') | first).name }} as id
    from {{ ref('int_' ~ table ~ '_unioned') }}
    union all
    {%- endfor %}
    {{ tickets_at_rest() }}

),
{% for table in tables %}
{{ table }}_rows as (

    select
        source_system,
        ticket_id
        {%- if table == 'ticket_field_history' %},
        changed_at
        {%- endif %}
        {%- for reference in contract_references(table) %},
        {% if reference.by -%}
        case when {{ adapter.quote(reference.by) }} = '{{ reference.value }}' then {{ adapter.quote(reference.column) }} end
        {%- else -%}
        {{ adapter.quote(reference.column) }}
        {%- endif %} as id_{{ loop.index }}
        {%- endfor %}
    from {{ ref('int_' ~ table ~ '_unioned') }}

),

{{ table }}_checked as (

    select
        landed.source_system,
        landed.ticket_id,
        count(*) as rows_{{ table }}
        {%- if table == 'ticket_field_history' %},
        count(tickets.ticket_number) as dated_history,
        count(case when landed.changed_at < tickets.created_at then 1 end) as early_history
        {%- endif %}
        {%- for reference in contract_references(table) %},
        count(landed.id_{{ loop.index }}) as checked_{{ table }}_{{ loop.index }},
        count(case when known_{{ loop.index }}.id is null then landed.id_{{ loop.index }} end)
            as orphan_{{ table }}_{{ loop.index }}
        {%- endfor %}
    from {{ table }}_rows as landed
    {%- if table == 'ticket_field_history' %}
    left join tickets
        on
            landed.source_system = tickets.source_system
            and landed.ticket_id = tickets.ticket_id
    {%- endif %}
    {%- for reference in contract_references(table) %}
    left join known as known_{{ loop.index }}
        on
            known_{{ loop.index }}.to_table = '{{ reference.to }}'
            and landed.source_system = known_{{ loop.index }}.source_system
            and landed.id_{{ loop.index }} = known_{{ loop.index }}.id
    {%- endfor %}
    group by landed.source_system, landed.ticket_id

),
{% endfor %}
spells_checked as (

    select
        ticket_number,
        count(*) as spells,
        count(case when status_state = 'unknown' then 1 end) as unknown_statuses
    from spells
    group by ticket_number

),

-- Rows of a ticket that is held back stand, and wait for it.
named as (
    {% for table in tables %}
    select
        source_system,
        ticket_id
    from {{ table }}_checked
    {{ 'union' if not loop.last }}
    {%- endfor %}

),

checked as (

    select
        named.source_system,
        named.ticket_id,
        coalesce(spells_checked.spells, 0) as spells,
        coalesce(spells_checked.unknown_statuses, 0) as unknown_statuses,
        case when not tickets.is_excluded then 1 else 0 end as counted
        {%- for column in covered_columns() %},
        case when not tickets.is_excluded and tickets.{{ column }} is null then 1 else 0 end
            as without_{{ column }}
        {%- endfor %}
        {%- for table in tables %},
        coalesce({{ table }}_checked.rows_{{ table }}, 0) as rows_{{ table }}
        {%- for reference in contract_references(table) %},
        coalesce({{ table }}_checked.checked_{{ table }}_{{ loop.index }}, 0)
            as checked_{{ table }}_{{ loop.index }},
        coalesce({{ table }}_checked.orphan_{{ table }}_{{ loop.index }}, 0)
            as orphan_{{ table }}_{{ loop.index }}
        {%- endfor %}
        {%- endfor %},
        coalesce(ticket_field_history_checked.dated_history, 0) as dated_history,
        coalesce(ticket_field_history_checked.early_history, 0) as early_history
    from named
    left join tickets
        on
            named.source_system = tickets.source_system
            and named.ticket_id = tickets.ticket_id
    left join spells_checked
        on tickets.ticket_number = spells_checked.ticket_number
    {%- for table in tables %}
    left join {{ table }}_checked
        on
            named.source_system = {{ table }}_checked.source_system
            and named.ticket_id = {{ table }}_checked.ticket_id
    {%- endfor %}

)

select * from checked
