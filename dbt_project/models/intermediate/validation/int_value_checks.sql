{{ config(materialized='view') }}
{#- The contract lists the time columns of each table, and dbt cannot read it while it parses. -#}
{%- set tables = contract_tables() -%}
{%- for table in tables -%}
{%- do ref('int_' ~ table ~ '_valid') -%}
{%- endfor -%}
{%- set of_tickets = ticket_tables() -%}
{%- set dated = [] -%}
{%- for table in tables -%}
{%- for name in dated_columns(table) -%}
{%- do dated.append((table, name)) -%}
{%- endfor -%}
{%- endfor -%}
with

-- Rows of tickets are checked ticket by ticket in int_ticket_checks.
tickets_checked as (

    select
        {% for table in of_tickets -%}
        {% for name in dated_columns(table) -%}
        coalesce(sum(dated_{{ table }}_{{ name }}), 0) as dated_{{ table }}_{{ name }},
        coalesce(sum(suspicious_{{ table }}_{{ name }}), 0) as suspicious_{{ table }}_{{ name }},
        {% endfor -%}
        {% for name in compared_only_columns(table) -%}
        coalesce(sum(unreadable_{{ table }}_{{ name }}), 0) as unreadable_{{ table }}_{{ name }},
        {% endfor -%}
        {% endfor -%}
        count(*) as tickets_checked
    from {{ ref('int_ticket_checks') }}

),

times_counted as (
    {% for table, name in dated %}
    select
        '{{ table }}' as table_name,
        '{{ name }}' as column_name,
        {%- if table in of_tickets %}
        dated_{{ table }}_{{ name }} as rows_checked,
        suspicious_{{ table }}_{{ name }} as rows_failing
    from tickets_checked
        {%- else %}
        count({{ name }}) as rows_checked,
        count(case when {{ is_suspicious_time(name) }} then 1 end) as rows_failing
    from {{ ref('int_' ~ table ~ '_valid') }}
        {%- endif %}
    {{ 'union all' if not loop.last }}
    {%- endfor %}

),

opening_hours as (

    select * from {{ ref('int_business_hours_valid') }}

),

calls as (

    select * from {{ ref('int_calls_valid') }}

),

value_checks as (

    select
        'unknown_call' as kind,
        'calls' as table_name,
        'outcome' as column_name,
        count(*) as rows_checked,
        count(case when 'unknown' in (direction, outcome) then 1 end) as rows_failing,
        'warning' as severity,
        'Calls without a direction or an outcome in the help desk. They count neither as completed nor as'
        || ' missed. Choose an outcome when a call is logged.'
            as description
    from calls
    union all
    select
        'suspicious_time' as kind,
        table_name,
        column_name,
        rows_checked,
        rows_failing,
        'warning' as severity,
        'Times before 1990, which programs often write for a missing time. They count as they are. Leave such a'
        || ' value empty in the export.' as description
    from times_counted
    {%- for table in of_tickets %}
    {%- for name in compared_only_columns(table) %}
    union all
    select
        'unreadable_reported_value' as kind,
        '{{ table }}' as table_name,
        '{{ name }}' as column_name,
        dated_{{ table }}_{{ name }} + unreadable_{{ table }}_{{ name }} as rows_checked,
        unreadable_{{ table }}_{{ name }} as rows_failing,
        'warning' as severity,
        'Values reported by the help desk that cannot be parsed. They count as empty, and are not compared. Export'
        || ' them as ISO 8601 times with an offset, such as 2025-06-02T10:00:00Z.' as description
    from tickets_checked
    {%- endfor %}
    {%- endfor %}
    union all
    select
        'short_window' as kind,
        'business_hours' as table_name,
        'end_minute' as column_name,
        count(*) as rows_checked,
        count(case when end_minute % 1440 = 1439 then 1 end) as rows_failing,
        'warning' as severity,
        'Windows that end at 23:59, one minute before the end of the day. For the end of the day, write 1440 as'
        || ' end_minute (2880 for the end of the next day).' as description
    from opening_hours

)

select * from value_checks
