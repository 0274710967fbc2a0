{#- How many rows of a contract table are modelled, by help desk: those of tickets are counted with their
    tickets, the others read once more. -#}
{% macro modelled_count(table) %}
    select
        source_system,
    {%- if table in ticket_tables() %}
        cast(sum(rows_{{ table }}) as bigint) as row_count
    from {{ ref('int_ticket_rows_checked') }}
    {%- else %}
        count(*) as row_count
    from {{ ref('int_' ~ table ~ '_unioned') }}
    {%- endif %}
    group by source_system
{% endmacro %}
