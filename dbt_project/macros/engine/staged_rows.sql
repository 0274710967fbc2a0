{#- How the `staged_rows` materialization makes its relation, of all landed rows or of some. DuckDB parses faster
    than it writes, so every row comes from a view; Spark would plan and parse the view again for each reader. -#}
{% macro staged_rows(is_part) %}
    {{ return(adapter.dispatch('staged_rows')(is_part)) }}
{% endmacro %}

{% macro duckdb__staged_rows(is_part) %}
    {{ return(materialization_table_duckdb() if is_part else materialization_view_duckdb()) }}
{% endmacro %}

{% macro spark__staged_rows(is_part) %}
    {{ return(materialization_table_spark()) }}
{% endmacro %}
