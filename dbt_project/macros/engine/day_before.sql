{#- The instant (UTC) of the same wall time in the report time zone on the date before. A wall time that
    the day before showed twice is the second one, one that it skipped is read with the offset before the
    change: DuckDB's own reading. -#}
{% macro day_before(instant) -%}
    {{ return(adapter.dispatch('day_before')(instant)) }}
{%- endmacro %}

{% macro duckdb__day_before(instant) -%}
    {%- if var('report_timezone') == 'UTC' -%}
        {{ return("(" ~ instant ~ " - interval 1 day)") }}
    {%- endif -%}
    {%- set zone = "'" ~ var('report_timezone') ~ "'" -%}
    {%- set wall = "timezone(" ~ zone ~ ", timezone('UTC', " ~ instant ~ "))" -%}
    {{ return(instant_of_wall(zone, wall ~ " - interval 1 day")) }}
{%- endmacro %}

{% macro spark__day_before(instant) -%}
    {%- if var('report_timezone') == 'UTC' -%}
        {{ return("(" ~ instant ~ " - interval 1 day)") }}
    {%- endif -%}
    {%- set zone = "'" ~ var('report_timezone') ~ "'" -%}
    {%- set wall = "convert_timezone('UTC', " ~ zone ~ ", " ~ instant ~ ")" -%}
    {{ return(instant_of_wall(zone, "(" ~ wall ~ " - interval 1 day)")) }}
{%- endmacro %}
