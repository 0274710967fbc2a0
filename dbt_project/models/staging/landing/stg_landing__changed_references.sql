{%- set is_refresh = not execute or changed_only() -%}
with

changes as (

    select * from {{ source('landing', 'changes') }}
    where ticket_id is null

)
{%- if is_refresh %}
{%- for table in pointed_to_tables() %},
{%- set id = contract_key(table) %}

{{ table }}_known as (
    {% for source_system in landed_sources(table) %}
    select distinct
        source_system,
        {{ id }} as row_key
    from {{ ref('stg_' ~ source_system ~ '__' ~ table) }}
    where row_issue is null
    {{ 'union all' if not loop.last }}
    {%- endfor %}

),

{{ table }} as (

    select
        changes.source_system,
        '{{ table }}' as table_name,
        changes.row_key
    from changes
    left join {{ table }}_known as now_known
        on
            changes.source_system = now_known.source_system
            and changes.row_key = now_known.row_key
    left join {{ stored('marts', 'dim_' ~ table) }} as known_before
        on
            changes.source_system = known_before.source_system
            and changes.row_key = known_before.{{ id }}
    where
        changes.table_name = '{{ table }}'
        and (now_known.row_key is null) <> (known_before.{{ id }} is null)

)
{%- endfor %}
{%- for table in pointed_to_tables() %}

select * from {{ table }}
{{ 'union all' if not loop.last }}
{%- endfor %}
{%- else %}

-- Everything is modelled: no list is kept.
select
    source_system,
    table_name,
    row_key
from changes
where false
{%- endif %}
