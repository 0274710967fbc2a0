{#- B(s, t): the open seconds of a calendar before an instant, read off the row that `calendar_join`
    joined under `alias`; around the clock every second is open. -#}
{% macro open_seconds_before(alias, epoch_second) -%}
    coalesce(
        {{ alias }}.seconds_before
        + least({{ epoch_second }}, {{ alias }}.closes_at)
        - {{ alias }}.starts_at,
        {{ epoch_second }}
    )
{%- endmacro %}
