{#- Business time in reverse: joins the calendar row in which a running total of open seconds is reached, for
    `due_epoch_second`. It is one equi-join on calendar and bucket of the total. -#}
{% macro due_join(alias, calendar_id, total) -%}
    left join {{ ref('int_calendar_totals') }} as {{ alias }}
        on
            {{ calendar_id }} = {{ alias }}.calendar_id
            and {{ whole_times('(' ~ total ~ ' - 1)', 86400) }} = {{ alias }}.bucket
            and {{ total }} > {{ alias }}.seconds_before
            and {{ total }} <= {{ alias }}.seconds_after
{%- endmacro %}
