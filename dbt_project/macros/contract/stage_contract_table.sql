{#- A contract table from all sources: one row per landed row, cast to the declared types and checked. Adds
    `source_system`, `row_key` (the key as one text), `row_issue` (the reason why the row breaks the contract,
    else null), `raw_<column>` (the landed text of each column that is not text or has few values), `landed_file`
    and `landed_row`, and the values of declared own fields. A value that is only compared never rejects a row:
    if it cannot be parsed, it is null. In a refresh a table of tickets has only the rows of the changed tickets. -#}
{% macro stage_contract_table(table) %}
{%- set columns = contract_columns(table) | rejectattr('is_own') | list -%}
{%- set parsed = columns | selectattr('is_parsed') | list -%}
{#- The key as one text: a control character separates its parts, and is spelt out where a part holds it. -#}
{%- set keys = columns | selectattr('key') | list -%}
{%- set key_parts = [] -%}
{%- for column in keys -%}
    {%- set part = 'cast(' ~ contract_column(column) ~ ' as string)' -%}
    {%- if column.compared -%}
        {%- set part = compared(part) -%}
    {%- endif -%}
    {%- if column.type == 'string' and keys | length > 1 -%}
        {%- set part = 'replace(' ~ part ~ ", chr(31), chr(92) || 'x1f')" -%}
    {%- endif -%}
    {%- do key_parts.append('coalesce(' ~ part ~ ", '')") -%}
{%- endfor -%}
{%- set hints = {
    'timestamp': 'not an ISO 8601 time with an offset',
    'date': 'not a date (YYYY-MM-DD)',
    'boolean': 'not one of true, false, 1, 0',
    'integer': 'not a whole number (digits alone, such as 1200)',
    'number': 'not a number (with a point and no other separator, such as 1200.5)',
    'json': 'not valid JSON',
} -%}
{%- set of_changed_tickets = table in ticket_tables() and (not execute or is_refresh()) -%}
with

landed as (
    {% for source_system, relation in sources_of(table).items() %}
    select
        cast('{{ source_system }}' as string) as source_system,
        {% for column in columns -%}
        {{ adapter.quote(column.name) }},
        {% endfor -%}
        {% for name, value in staged_own_columns(table, source_system).items() -%}
        {{ value }} as {{ name }},
        {% endfor -%}
        _file,
        _row
    from {{ relation }}
    {%- if of_changed_tickets %}
    where
        coalesce(ticket_id, '') in (
            select changed.ticket_id
            from {{ ref('int_changed_tickets') }} as changed
            where changed.source_system = '{{ source_system }}'
        )
    {%- endif %}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}

),

parsed as (

    select
        *
        {%- for column in parsed %},
        {% if column.type == 'timestamp' -%}
        {{ parse_instant(
            adapter.quote(column.name), column.accepts_date, var('source_timezone'), "source_system = 'generic'"
        ) }}
        {%- elif column.accepts_own -%}
        {{ history_field() }}
        {%- elif column.accepted -%}
        {{ enumeration_value(adapter.quote(column.name), column.accepted) }}
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
            when
                {{ contract_column(column) }} is null
                {%- if column.is_parsed %} and {{ compared(adapter.quote(column.name)) }} is null{% endif %}
                then '{{ column.name }}: missing'
            {%- endfor %}
            {%- for column in parsed if column.type != 'string' and not column.compared_only %}
            when parsed_{{ column.name }} is null and {{ compared(adapter.quote(column.name)) }} is not null
                then
                    {%- if column.type == 'timestamp' %}
                    case
                        when {{ matches(trimmed(adapter.quote(column.name)), time_patterns().wall) }}
                            then '{{ column.name }}: a time without an offset (if it is local time, name its zone in'
                                || ' the settings: source_timezone: Europe/Oslo)'
                        else '{{ column.name }}: {{ hints[column.type] }}'
                    end
                    {%- else %} '{{ column.name }}: {{ hints[column.type] }}'
                    {%- endif %}
            {%- endfor %}
            {%- for column in columns if column.accepted and not column.accepts_own %}
            when parsed_{{ column.name }} not in ('{{ column.accepted | join("', '") }}')
                then '{{ column.name }}: not one of {{ column.accepted | join(", ") }}'
            {%- endfor %}
            {%- for column in columns if column.minimum is not none %}
            when parsed_{{ column.name }} < {{ column.minimum }}
                then '{{ column.name }}: below {{ 'zero' if column.minimum == 0 else column.minimum }}'
            {%- endfor %}
        end as row_issue
    from parsed
    {%- for column in columns if column.accepts_own %}
    -- A change of a field that is not declared: stg_landing__history_fields counts it.
    where parsed_{{ column.name }} is not null or {{ compared(adapter.quote(column.name)) }} is null
    {%- endfor %}

),

staged as (

    select
        source_system,
        {% for column in columns -%}
        {{ contract_column(column) }} as {{ adapter.quote(column.name) }},
        {% endfor -%}
        {{ key_parts | join(' || chr(31) || ') }} as row_key,
        row_issue,
        {% for column in parsed -%}
        {{ adapter.quote(column.name) }} as raw_{{ column.name }},
        {% endfor -%}
        {% for name in staged_own_columns(table) -%}
        {{ name }},
        {% endfor -%}
        _file as landed_file,
        _row as landed_row
    from checked

)

select * from staged
{%- endmacro %}
