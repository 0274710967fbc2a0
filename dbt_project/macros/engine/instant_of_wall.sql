{#- The instant (UTC) of a wall time in an IANA zone. A wall time that the clock shows twice is the second one,
    one that it skips is read with the offset before the change: DuckDB's own reading. -#}
{% macro instant_of_wall(zone, wall) -%}
    {{ return(adapter.dispatch('instant_of_wall')(zone, wall)) }}
{%- endmacro %}

{% macro duckdb__instant_of_wall(zone, wall) -%}
    {{ return("timezone('UTC', timezone(" ~ zone ~ ", " ~ wall ~ "))") }}
{%- endmacro %}

{#- Spark reads the first of a wall time that is shown twice. By the offset of a day later it is the second one,
    if the zone shows that wall time then. -#}
{% macro spark__instant_of_wall(zone, wall) -%}
    {%- set first = "convert_timezone(" ~ zone ~ ", 'UTC', " ~ wall ~ ")" -%}
    {%- set day_later = "(" ~ first ~ " + interval 1 day)" -%}
    {%- set second = "(" ~ wall ~ " - (convert_timezone('UTC', " ~ zone ~ ", " ~ day_later ~ ") - " ~ day_later ~ "))" -%}
    {{ return(
        "greatest(" ~ first ~ ", case when convert_timezone('UTC', " ~ zone ~ ", " ~ second ~ ") = " ~ wall
        ~ " then " ~ second ~ " end)"
    ) }}
{%- endmacro %}
