{#- Whole seconds from one time to another, floor(epoch(end)) - floor(epoch(start)), so that durations of
    adjacent intervals add up. DuckDB's date_diff counts the second boundaries between them, which is the same. -#}
{% macro seconds_between(start, end) -%}
    {{ adapter.dispatch('seconds_between')(start, end) }}
{%- endmacro %}

{% macro duckdb__seconds_between(start, end) -%}
    date_diff('second', {{ start }}, {{ end }})
{%- endmacro %}

{% macro spark__seconds_between(start, end) -%}
    ({{ epoch_seconds(end) }} - {{ epoch_seconds(start) }})
{%- endmacro %}
