{#- Joins the values of a field of several values to rows with a ticket: `<name>__values`, a list in order, null
    without any. A list, because a row for each value would count the ticket once for each. `value` is the column of
    `bridge` to show. -#}
{% macro own_values_join(bridge, value, name) %}
    left join (
        select
            ticket_key as {{ name }}__ticket_key,
            {{ sorted_values('one_value') }} as {{ name }}__values
        from (
            select distinct
                ticket_key,
                {{ value }} as one_value
            from {{ ref(bridge).include(database=false) }}
        ) as {{ name }}__each
        group by ticket_key
    ) as {{ name }}__listed
        on ticket_key = {{ name }}__listed.{{ name }}__ticket_key
{%- endmacro %}
