{#- Every key of a fact leads to a row of its dimension, as `config.meta.relations` of the fact declares; nulls
    are ignored. A refresh keeps the rows of unchanged tickets, so the rows that they refer to must stay.
    Returns each value without a row, with its number of rows. -#}
{#- Dagster shows it as a check of one asset. -#}
{{ config(meta={'dagster': {'ref': {'name': 'fct_tickets'}}}) }}
{%- set facts = [
    'fct_agent_availability', 'fct_calls', 'fct_messages', 'fct_response_cycles', 'fct_sla_clocks',
    'fct_survey_responses', 'fct_ticket_open_intervals', 'fct_ticket_status_history', 'fct_tickets',
] -%}
{#- A row of these has its ticket by construction: both are deleted and inserted together. -#}
{%- set of_tickets = [
    'fct_messages', 'fct_response_cycles', 'fct_sla_clocks', 'fct_ticket_open_intervals', 'fct_ticket_status_history',
] -%}
{%- for dimension in [
    'dim_agents', 'dim_channel_accounts', 'dim_channels', 'dim_companies', 'dim_contacts', 'dim_dates', 'dim_pipelines',
    'dim_sla_targets', 'dim_statuses', 'dim_surveys', 'dim_teams',
] -%}
{%- do ref(dimension) -%}
{%- endfor -%}
{%- set checks = [] -%}
{%- for fact in facts -%}
    {%- set relation = ref(fact) -%}
    {%- set relations = graph.nodes['model.' ~ project_name ~ '.' ~ fact].config.meta.relations if execute else {} -%}
    {%- for column, to in relations.items() if to.model != 'fct_tickets' or fact not in of_tickets -%}
        {%- do checks.append({'fact': fact, 'relation': relation, 'column': column, 'to': to}) -%}
    {%- endfor -%}
{%- endfor -%}
{%- for check in checks %}
select
    '{{ check.fact }}' as mart,
    '{{ check.column }}' as column_name,
    cast(facts.{{ check.column }} as string) as missing_value,
    '{{ check.to.model }}' as missing_from,
    count(*) as row_count
from {{ check.relation }} as facts
left join {{ ref(check.to.model) }} as named
    on facts.{{ check.column }} = named.{{ check.to.column }}
where
    facts.{{ check.column }} is not null
    and named.{{ check.to.column }} is null
    {%- if check.to.model == 'fct_tickets' %}
    and facts.{{ check.column }} <> 'unknown'
    {%- endif %}
group by facts.{{ check.column }}
{{ 'union all' if not loop.last }}
{%- else %}
select 1 as row_count
{%- endfor %}
