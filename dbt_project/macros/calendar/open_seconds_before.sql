{#- B(s, t): the open seconds of a calendar before a time, from the row that `calendar_join` joined under
    `alias`. Around the clock every second is open. -#}
{% macro open_seconds_before(alias, epoch_second) -%}
    coalesce(
        {{ alias }}.seconds_before
        + least({{ epoch_second }}, {{ alias }}.closes_at)
        - {{ alias }}.starts_at,
        {{ epoch_second }}
    )
{%- endmacro %}
