{#- The materialization of a model that DuckDB computes for each reader. Spark would also plan it again for each,
    which costs more than writing its rows. -#}
{% macro planned_once() -%}
    {{ return(adapter.dispatch('planned_once')()) }}
{%- endmacro %}

{% macro duckdb__planned_once() -%}
    {{ return('view') }}
{%- endmacro %}

{% macro spark__planned_once() -%}
    {{ return('table') }}
{%- endmacro %}
