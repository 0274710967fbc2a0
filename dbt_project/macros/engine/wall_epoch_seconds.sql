{#- Whole epoch seconds of a wall time in an IANA zone: `minutes` after 00:00 of a date. A wall time
    that the clock shows twice is the second one, one that it skips is read with the offset before the
    change: DuckDB's own reading. -#}
{% macro wall_epoch_seconds(zone, local_date, minutes) -%}
    {{ return(adapter.dispatch('wall_epoch_seconds')(zone, local_date, minutes)) }}
{%- endmacro %}

{% macro duckdb__wall_epoch_seconds(zone, local_date, minutes) -%}
    {%- set wall = "cast(" ~ local_date ~ " as timestamp) + to_minutes(" ~ minutes ~ ")" -%}
    {{ return(epoch_seconds(instant_of_wall(zone, wall))) }}
{%- endmacro %}

{% macro spark__wall_epoch_seconds(zone, local_date, minutes) -%}
    {%- set wall = "(cast(" ~ local_date ~ " as timestamp_ntz) + make_dt_interval(0, 0, cast(" ~ minutes ~ " as int)))" -%}
    {{ return(epoch_seconds(instant_of_wall(zone, wall))) }}
{%- endmacro %}
