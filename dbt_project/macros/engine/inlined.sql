{#- Goes before the bracket of a common table expression that every reader must compute for itself. DuckDB would
    store the rows of one that is used twice. -#}
{% macro inlined() -%}
    {{ return(adapter.dispatch('inlined')()) }}
{%- endmacro %}

{% macro duckdb__inlined() -%}
    {{ return('not materialized') }}
{%- endmacro %}

{% macro spark__inlined() -%}
    {{ return('') }}
{%- endmacro %}
