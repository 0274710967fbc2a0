{#- True if a list has a value. -#}
{% macro values_include(list, value) -%}
    {{ return(adapter.dispatch('values_include')(list, value)) }}
{%- endmacro %}

{% macro duckdb__values_include(list, value) -%}
    {{ return('list_contains(' ~ list ~ ', ' ~ value ~ ')') }}
{%- endmacro %}

{% macro spark__values_include(list, value) -%}
    {{ return('array_contains(' ~ list ~ ', ' ~ value ~ ')') }}
{%- endmacro %}
