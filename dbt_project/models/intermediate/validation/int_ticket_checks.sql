{{ config(
    materialized='incremental',
    incremental_strategy='changed_tickets',
    unique_key=['source_system', 'ticket_id'],
    changed_by=['source_system', 'ticket_id']
) }}
{#- The contract lists the references of each table, and dbt cannot read it while it parses. -#}
{%- for table in contract_tables() -%}
{%- do ref('int_' ~ table ~ '_valid') -%}
{%- endfor -%}
{%- set tables = ticket_tables() -%}
{%- set references = {} -%}
{%- set named_tables = [] -%}
{%- for table in tables -%}
    {%- do references.update({table: contract_references(table)}) -%}
    {%- for to in references[table] | map(attribute='to') if to not in named_tables -%}
        {%- do named_tables.append(to) -%}
    {%- endfor -%}
{%- endfor -%}
{%- set typed = typed_own_fields('ticket') %}
-- depends_on: {{ ref('int_changed_tickets') }}
with

tickets as (

    select * from {{ ref('int_tickets_resolved') }}

),

status_history as (

    select * from {{ ref('int_ticket_status_history') }}

),
{% for table in tables %}
{{ table }}_rows as {{ inlined() }} (

    select * from {{ ref('int_' ~ table ~ '_valid') }}

),
{% endfor %}
{%- for table in named_tables %}
known_{{ table }} as (

    select {{ 'distinct' if contract_columns(table) | selectattr('key') | list | length > 1 }}
        source_system,
        {{ contract_key(table) }} as id
    from {{ ref('int_' ~ table ~ '_valid') }}
    {%- if table == 'tickets' and is_refresh() %}
    -- Tickets that a refresh does not model again keep their counts.
    union all
    select
        unchanged.source_system,
        unchanged.ticket_id as id
    from {{ this }} as unchanged
    left join {{ ref('int_changed_tickets') }} as changed
        on
            unchanged.source_system = changed.source_system
            and unchanged.ticket_id = changed.ticket_id
    where changed.ticket_id is null and unchanged.rows_tickets > 0
    {%- endif %}

),
{% endfor %}
{%- for table in tables %}
{%- for column, named in references[table] | groupby('column') if named[0].by %}
-- The table that the column refers to depends on another column of the row.
known_{{ table }}_{{ column }} as (
    {% for reference in named %}
    select
        '{{ reference.value }}' as by_value,
        source_system,
        id
    from known_{{ reference.to }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}

),
{% endfor %}
{{ table }}_checked as (

    select
        landed.source_system,
        landed.ticket_id,
        cast(count(*) as integer) as rows_{{ table }}
        {%- for name in dated_columns(table) %},
        cast(count(landed.{{ name }}) as integer) as dated_{{ table }}_{{ name }},
        cast(count(case when {{ is_suspicious_time('landed.' ~ name) }} then 1 end) as integer)
            as suspicious_{{ table }}_{{ name }}
        {%- endfor %}
        {%- for name in compared_only_columns(table) %},
        cast(count(case when landed.is_{{ name }}_unreadable then 1 end) as integer)
            as unreadable_{{ table }}_{{ name }}
        {%- endfor %}
        {%- if table == 'ticket_field_history' %},
        count(tickets.ticket_number) as dated_history,
        count(case when landed.changed_at < tickets.created_at then 1 end) as early_history
        {%- elif table == 'messages' %},
        count(case when landed.author_type = 'unknown' then 1 end) as unknown_authors
        {%- elif table == 'tickets' %},
        count(landed.url) as urls,
        count(
            case
                when
                    lower(landed.url) not like 'http://%' and lower(landed.url) not like 'https://%'
                    then 1
            end
        ) as unusable_urls
        {%- if own_value_fields('ticket') %},
        count(case when landed.is_own_fields_unreadable then 1 end) as unreadable_own_fields
        {%- endif %}
        {%- endif %}
        {%- for reference in references[table] %}
        {%- set value = reference_value(reference, 'landed') %},
        cast(count({{ value }}) as integer) as checked_{{ table }}_{{ loop.index }},
        cast(
            count(case when known_of_{{ reference.column }}.id is null then {{ value }} end) as integer
        ) as orphan_{{ table }}_{{ loop.index }}
        {%- endfor %}
    from {{ table }}_rows as landed
    {%- if table == 'ticket_field_history' %}
    left join tickets
        on
            landed.source_system = tickets.source_system
            and landed.ticket_id = tickets.ticket_id
    {%- endif %}
    {%- for column, named in references[table] | groupby('column') %}
    left join known_{{ table ~ '_' ~ column if named[0].by else named[0].to }} as known_of_{{ column }}
        on
            landed.source_system = known_of_{{ column }}.source_system
            and landed.{{ adapter.quote(column) }} = known_of_{{ column }}.id
            {%- if named[0].by %}
            and landed.{{ adapter.quote(named[0].by) }} = known_of_{{ column }}.by_value
            {%- endif %}
    {%- endfor %}
    group by landed.source_system, landed.ticket_id

),
{% endfor %}
changes_checked as (

    select
        ticket_number,
        count(*) as changes,
        count(case when is_inferred then 1 end) as inferred_changes
    from {{ ref('int_ticket_changes') }}
    where field in ('status', 'pipeline', 'agent', 'team', 'priority')
    group by ticket_number

),

statuses_checked as (

    select
        ticket_number,
        count(*) as status_intervals,
        count(case when status_state = 'unknown' then 1 end) as unknown_statuses,
        count(case when status_state = 'closed' and left_at is null then 1 end) as closed_tickets,
        count(case when status_state = 'closed' and not has_history then 1 end) as closes_without_history,
        count(case when status_state = 'closed' and closed_from is null then 1 end) as unknown_close_times
    from status_history
    group by ticket_number

),

-- Rows of a deferred ticket are valid, and count once the ticket does.
named as (

    select
        {% for column in ['source_system', 'ticket_id'] -%}
        coalesce(
            {%- for table in tables %}
            {{ table }}_checked.{{ column }}{{ ',' if not loop.last }}
            {%- endfor %}
        ) as {{ column }},
        {% endfor -%}
        {% for table in tables -%}
        coalesce({{ table }}_checked.rows_{{ table }}, 0) as rows_{{ table }}
        {%- for name in dated_columns(table) %},
        coalesce({{ table }}_checked.dated_{{ table }}_{{ name }}, 0) as dated_{{ table }}_{{ name }},
        coalesce({{ table }}_checked.suspicious_{{ table }}_{{ name }}, 0)
            as suspicious_{{ table }}_{{ name }}
        {%- endfor %}
        {%- for name in compared_only_columns(table) %},
        coalesce({{ table }}_checked.unreadable_{{ table }}_{{ name }}, 0)
            as unreadable_{{ table }}_{{ name }}
        {%- endfor %}
        {%- for reference in references[table] %},
        coalesce({{ table }}_checked.checked_{{ table }}_{{ loop.index }}, 0)
            as checked_{{ table }}_{{ loop.index }},
        coalesce({{ table }}_checked.orphan_{{ table }}_{{ loop.index }}, 0)
            as orphan_{{ table }}_{{ loop.index }}
        {%- endfor %}
,
        {% endfor -%}
        coalesce(messages_checked.unknown_authors, 0) as unknown_authors,
        coalesce(tickets_checked.urls, 0) as urls,
        coalesce(tickets_checked.unusable_urls, 0) as unusable_urls,
        {% if own_value_fields('ticket') -%}
        coalesce(tickets_checked.unreadable_own_fields, 0) as unreadable_own_fields,
        {% endif -%}
        coalesce(ticket_field_history_checked.dated_history, 0) as dated_history,
        coalesce(ticket_field_history_checked.early_history, 0) as early_history
    from {{ tables[0] }}_checked
    {%- for table in tables[1:] %}
    {%- set before = tables[:loop.index] %}
    full outer join {{ table }}_checked
        on
            {%- for column in ['source_system', 'ticket_id'] %}
            {{ 'and ' if not loop.first }}coalesce(
                {%- for other in before %}{{ other }}_checked.{{ column }}{{ ', ' if not loop.last }}{% endfor -%}
            ) = {{ table }}_checked.{{ column }}
            {%- endfor %}
    {%- endfor %}

),

checked as (

    select
        named.*,
        coalesce(statuses_checked.status_intervals, 0) as status_intervals,
        coalesce(statuses_checked.unknown_statuses, 0) as unknown_statuses,
        coalesce(statuses_checked.closed_tickets, 0) as closed_tickets,
        coalesce(statuses_checked.closes_without_history, 0) as closes_without_history,
        coalesce(statuses_checked.unknown_close_times, 0) as unknown_close_times,
        coalesce(changes_checked.changes, 0) as changes,
        coalesce(changes_checked.inferred_changes, 0) as inferred_changes,
        {% for column in covered_columns() -%}
        case when not tickets.is_excluded and tickets.{{ column }} is null then 1 else 0 end
            as without_{{ column }},
        {% endfor -%}
        case when not tickets.is_excluded and tickets.is_conversation_unknown then 1 else 0 end
            as unknown_conversations,
        {% for field in typed -%}
        case when own_fields.{{ field.name }} is not null then 1 else 0 end as own_{{ field.name }},
        {% endfor -%}
        case when not tickets.is_excluded then 1 else 0 end as counted
    from named
    left join tickets
        on
            named.source_system = tickets.source_system
            and named.ticket_id = tickets.ticket_id
    left join statuses_checked
        on tickets.ticket_number = statuses_checked.ticket_number
    left join changes_checked
        on tickets.ticket_number = changes_checked.ticket_number
    {%- if typed %}
    left join {{ ref('int_ticket_own_fields') }} as own_fields
        on tickets.ticket_number = own_fields.ticket_number
    {%- endif %}

)

select * from checked
