{#- The value at a place of a list, from 1 on; null where the list has fewer. -#}
{% macro value_at(list, place) -%}
    {{ return(adapter.dispatch('value_at')(list, place)) }}
{%- endmacro %}

{% macro duckdb__value_at(list, place) -%}
    {{ return(list ~ '[' ~ place ~ ']') }}
{%- endmacro %}

{% macro spark__value_at(list, place) -%}
    {{ return('get(' ~ list ~ ', ' ~ (place - 1) ~ ')') }}
{%- endmacro %}
