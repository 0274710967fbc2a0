{#- A number for readers: with thousands separators, rounded half away from zero to at most `decimals` places.
    With `fixed`, trailing zeros stay. -#}
{% macro worded_number(value, decimals=0, fixed=false) -%}
    {{ return(adapter.dispatch('worded_number')(value, decimals, fixed)) }}
{%- endmacro %}

{% macro duckdb__worded_number(value, decimals, fixed) -%}
    {%- set text = "format('{:,." ~ decimals ~ "f}', round(cast(" ~ value ~ " as double), " ~ decimals ~ ") + 0)" -%}
    {%- if decimals and not fixed -%}
        {%- set text = "regexp_replace(" ~ text ~ ", '[.]?0+$', '')" -%}
    {%- endif -%}
    {{ return(text) }}
{%- endmacro %}

{% macro spark__worded_number(value, decimals, fixed) -%}
    {%- set text = "format_number(" ~ rounded("cast(" ~ value ~ " as double)", decimals) ~ " + 0, " ~ decimals ~ ")" -%}
    {%- if decimals and not fixed -%}
        {%- set text = "regexp_replace(" ~ text ~ ", '[.]?0+$', '')" -%}
    {%- endif -%}
    {{ return(text) }}
{%- endmacro %}
