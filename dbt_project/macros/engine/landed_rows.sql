{#- How the `landed` materialization makes its relation, of everything or of some rows. To write all of it costs DuckDB
    more than to parse it again; Spark, which plans and parses it anew wherever it is named, always has a table. -#}
{% macro landed_rows(is_part) %}
    {{ return(adapter.dispatch('landed_rows')(is_part)) }}
{% endmacro %}

{% macro duckdb__landed_rows(is_part) %}
    {{ return(materialization_table_duckdb() if is_part else materialization_view_default()) }}
{% endmacro %}

{% macro spark__landed_rows(is_part) %}
    {{ return(materialization_table_spark()) }}
{% endmacro %}
