{#- The wall time in an IANA zone at a UTC instant. -#}
{% macro wall_of_instant(zone, instant) -%}
    {{ return(adapter.dispatch('wall_of_instant')(zone, instant)) }}
{%- endmacro %}

{% macro duckdb__wall_of_instant(zone, instant) -%}
    {{ return("timezone(" ~ zone ~ ", timezone('UTC', " ~ instant ~ "))") }}
{%- endmacro %}

{% macro spark__wall_of_instant(zone, instant) -%}
    {{ return("convert_timezone('UTC', " ~ zone ~ ", " ~ instant ~ ")") }}
{%- endmacro %}
