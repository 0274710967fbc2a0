{#- The key of every fact that a refresh changes is unique: of all rows in a full build, else of the changed tickets' rows
    and the rows that share a key with them. The other marts have unique keys by construction.
    So are the changed tickets themselves. Returns each repeated key with its number of rows. -#}
{#- Dagster shows it as a check of one asset. -#}
{{ config(meta={'dagster': {'ref': {'name': 'fct_tickets'}}}) }}
{%- set facts = [
    'fct_messages', 'fct_response_cycles', 'fct_sla_clocks', 'fct_ticket_open_intervals',
    'fct_ticket_status_history', 'fct_tickets',
] -%}
{%- set changed = ref('int_changed_tickets') -%}
{%- set is_part = is_refresh() -%}
with

{% for fact in facts -%}
{%- set keys = graph.nodes['model.' ~ project_name ~ '.' ~ fact].config.unique_key if execute else ['ticket_key'] -%}
{{ fact }} as (

    select
        '{{ fact }}' as mart,
        concat_ws(', ', {{ keys | join(', ') }}) as repeated_key,
        count(*) as row_count
    from {{ ref(fact) }}
    {%- if is_part and 'ticket_key' in keys %}
    where ticket_key in (select ticket_key from {{ changed }})
    {%- elif is_part %}
    where
        {{ keys[-1] }} in (
            select {{ keys[-1] }} from {{ ref(fact) }}
            where ticket_key in (select ticket_key from {{ changed }})
        )
    {%- endif %}
    group by {{ keys | join(', ') }}
    having count(*) > 1

){{ ',' if not loop.last }}

{% endfor -%}
{% for fact in facts -%}
select * from {{ fact }}
union all
{% endfor %}
-- A ticket that is listed twice would be counted twice.
select
    'int_changed_tickets' as mart,
    ticket_key as repeated_key,
    count(*) as row_count
from {{ changed }}
group by ticket_key
having count(*) > 1

