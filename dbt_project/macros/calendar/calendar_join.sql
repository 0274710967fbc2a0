{#- Business time, first half of the pair: joins the calendar row of a time for `open_seconds_before`. It is one
    equi-join on calendar and UTC day; the part of the day is a residual condition. A null `calendar_id` means
    around the clock: nothing joins. -#}
{% macro calendar_join(alias, calendar_id, epoch_second) -%}
    left join {{ ref('int_calendar_days') }} as {{ alias }}
        on
            {{ calendar_id }} = {{ alias }}.calendar_id
            and {{ whole_times(epoch_second, 86400) }} = {{ alias }}.day_number
            and {{ epoch_second }} >= {{ alias }}.starts_at
            and {{ epoch_second }} < {{ alias }}.ends_at
{%- endmacro %}
