{#- Joins the ticket's schedule at a time to the clocks of `relation` that count in a changing one.
    `changing_ticket_number` is null for all others, and nothing joins. `bounds`: the columns to compare the time
    with. -#}
{% macro own_schedule_join(alias, relation, instant, bounds=('from_epoch', 'to_epoch')) -%}
    left join {{ ref('int_sla_ticket_schedules') }} as {{ alias }}
        on
            {{ relation }}.changing_ticket_number = {{ alias }}.ticket_number
            and {{ relation }}.holidays_apply = {{ alias }}.holidays_apply
            and {{ instant }} >= {{ alias }}.{{ bounds[0] }}
            and {{ instant }} < {{ alias }}.{{ bounds[1] }}
{%- endmacro %}
