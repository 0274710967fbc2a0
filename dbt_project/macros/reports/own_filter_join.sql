{#- Joins the ticket of a fact's row for the declared filters; empty unless the settings declare one. A row
    without a ticket stays, without values. No column of the join has the name of a column of the fact. -#}
{% macro own_filter_join() -%}
    {%- set filters = own_fields('ticket') | selectattr('is_filter') | list -%}
    {%- if filters %}
    left join (
        select
            ticket_key as own_ticket_key
            {%- for field in filters %},
            {{ field.name }} as own_{{ field.name }}
            {%- endfor %}
        from {{ ref('fct_tickets').include(database=false) }}
    ) as own_filters
        on ticket_key = own_filters.own_ticket_key
    {%- endif -%}
{%- endmacro %}
