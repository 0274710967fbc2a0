{#- A row per value of a list. -#}
{% macro each_value(list) -%}
    {{ return(adapter.dispatch('each_value')(list)) }}
{%- endmacro %}

{% macro duckdb__each_value(list) -%}
    {{ return('unnest(' ~ list ~ ')') }}
{%- endmacro %}

{% macro spark__each_value(list) -%}
    {{ return('explode(' ~ list ~ ')') }}
{%- endmacro %}
