{#- The sum of a list of whole numbers; zero for an empty one. -#}
{% macro values_sum(list) -%}
    {{ return(adapter.dispatch('values_sum')(list)) }}
{%- endmacro %}

{% macro duckdb__values_sum(list) -%}
    {{ return('coalesce(list_sum(' ~ list ~ '), 0)') }}
{%- endmacro %}

{% macro spark__values_sum(list) -%}
    {{ return('aggregate(' ~ list ~ ', cast(0 as bigint), (total, one) -> total + one)') }}
{%- endmacro %}
