{#- The instant (UTC) of the same wall time in the report time zone on the date before, or some days before. A wall
    time that the earlier date showed twice is the second one, one that it skipped is read with the offset before the
    change: DuckDB's own reading. -#}
{% macro day_before(instant, days=1) -%}
    {{ return(adapter.dispatch('day_before')(instant, days)) }}
{%- endmacro %}

{% macro duckdb__day_before(instant, days) -%}
    {%- if var('report_timezone') == 'UTC' -%}
        {{ return("(" ~ instant ~ " - interval " ~ days ~ " day)") }}
    {%- endif -%}
    {%- set zone = "'" ~ var('report_timezone') ~ "'" -%}
    {%- set wall = "timezone(" ~ zone ~ ", timezone('UTC', " ~ instant ~ "))" -%}
    {{ return(instant_of_wall(zone, wall ~ " - interval " ~ days ~ " day")) }}
{%- endmacro %}

{% macro spark__day_before(instant, days) -%}
    {%- if var('report_timezone') == 'UTC' -%}
        {{ return("(" ~ instant ~ " - interval " ~ days ~ " day)") }}
    {%- endif -%}
    {%- set zone = "'" ~ var('report_timezone') ~ "'" -%}
    {%- set wall = "convert_timezone('UTC', " ~ zone ~ ", " ~ instant ~ ")" -%}
    {{ return(instant_of_wall(zone, "(" ~ wall ~ " - interval " ~ days ~ " day)")) }}
{%- endmacro %}
