{#- The number of values in a list. -#}
{% macro values_count(list) -%}
    {{ return(adapter.dispatch('values_count')(list)) }}
{%- endmacro %}

{% macro duckdb__values_count(list) -%}
    {{ return('len(' ~ list ~ ')') }}
{%- endmacro %}

{% macro spark__values_count(list) -%}
    {{ return('size(' ~ list ~ ')') }}
{%- endmacro %}
