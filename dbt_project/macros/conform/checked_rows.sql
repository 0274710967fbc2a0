{#- The modelled rows of a table of tickets by ticket: how many there are, for each column that points elsewhere how
    many values are `checked_` and how many `orphan_`, known to no row of `known`; of the history also how many
    rows have a ticket whose creation they can be held against, and how many are dated before it. -#}
{% macro checked_rows(table) %}
{%- set references = contract_references(table) %}
    select
        landed.source_system,
        landed.ticket_id,
        count(*) as rows_{{ table }}
        {%- if table == 'ticket_field_history' %},
        count(tickets.ticket_number) as dated_history,
        count(case when landed.changed_at < tickets.created_at then 1 end) as early_history
        {%- endif %}
        {%- for reference in references %},
        count(landed.id_{{ loop.index }}) as checked_{{ table }}_{{ loop.index }},
        count(case when known_{{ loop.index }}.id is null then landed.id_{{ loop.index }} end)
            as orphan_{{ table }}_{{ loop.index }}
        {%- endfor %}
    from (
        select
            *
            {%- for reference in references %},
            {{ reference_value(reference) }} as id_{{ loop.index }}
            {%- endfor %}
        from {{ ref('int_' ~ table ~ '_unioned') }}
    ) as landed
    {%- if table == 'ticket_field_history' %}
    left join tickets
        on
            landed.source_system = tickets.source_system
            and landed.ticket_id = tickets.ticket_id
    {%- endif %}
    {%- for reference in references %}
    left join known as known_{{ loop.index }}
        on
            known_{{ loop.index }}.to_table = '{{ reference.to }}'
            and landed.source_system = known_{{ loop.index }}.source_system
            and landed.id_{{ loop.index }} = known_{{ loop.index }}.id
    {%- endfor %}
    group by landed.source_system, landed.ticket_id
{% endmacro %}
