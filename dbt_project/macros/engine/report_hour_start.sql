{#- The instant (UTC) at which the clock of the report time zone shows a full hour of a date. An hour that the date
    shows twice is the second one, one that it skips is read with the offset before the change. -#}
{% macro report_hour_start(date_day, hour) -%}
    {{ return(adapter.dispatch('report_hour_start')(date_day, hour)) }}
{%- endmacro %}

{% macro duckdb__report_hour_start(date_day, hour) -%}
    {%- set wall = "(cast(" ~ date_day ~ " as timestamp) + " ~ hour ~ " * interval 1 hour)" -%}
    {{ return(instant_of_wall("'" ~ var('report_timezone') ~ "'", wall)) }}
{%- endmacro %}

{% macro spark__report_hour_start(date_day, hour) -%}
    {%- set wall = "(cast(cast(" ~ date_day ~ " as date) as timestamp_ntz) + make_dt_interval(0, cast(" ~ hour ~ " as int)))" -%}
    {{ return(instant_of_wall("'" ~ var('report_timezone') ~ "'", wall)) }}
{%- endmacro %}
