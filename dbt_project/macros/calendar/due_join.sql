{#- Business time, backwards: joins the calendar row in which a running total of open seconds is
    reached, one equi-join on calendar and bucket of the total, for `due_epoch_second`. -#}
{% macro due_join(alias, calendar_id, total) -%}
    left join {{ ref('int_calendar_totals_bucketed') }} as {{ alias }}
        on
            {{ calendar_id }} = {{ alias }}.calendar_id
            and {{ whole_times('(' ~ total ~ ' - 1)', 86400) }} = {{ alias }}.bucket
            and {{ total }} > {{ alias }}.seconds_before
            and {{ total }} <= {{ alias }}.seconds_after
{%- endmacro %}
