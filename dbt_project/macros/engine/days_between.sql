{#- Days from one date to another. -#}
{% macro days_between(start, end) -%}
    {{ return(adapter.dispatch('days_between')(start, end)) }}
{%- endmacro %}

{% macro duckdb__days_between(start, end) -%}
    {{ return(dbt.datediff(start, end, 'day')) }}
{%- endmacro %}

{% macro spark__days_between(start, end) -%}
    {{ return("datediff(" ~ end ~ ", " ~ start ~ ")") }}
{%- endmacro %}
