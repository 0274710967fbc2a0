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
{%- set counted = ['dated_history', 'early_history'] + checked_columns() -%}
{%- for table in tables -%}
{%- do counted.append('rows_' ~ table) -%}
{%- endfor -%}
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
        {{ contract_key(table) }} as id
    from {{ ref('int_' ~ table ~ '_unioned') }}
    union all
    {%- endfor %}
    {{ tickets_at_rest() }}

),
{% for table in tables %}
{{ table }}_checked as (

    {{ checked_rows(table) }}

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
        {% for column in covered_columns() -%}
        case when not tickets.is_excluded and tickets.{{ column }} is null then 1 else 0 end
            as without_{{ column }},
        {% endfor -%}
        {% for column in counted -%}
        coalesce({{ column }}, 0) as {{ column }},
        {% endfor -%}
        case when not tickets.is_excluded then 1 else 0 end as counted
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
