{#- How the `landed` materialization makes its relation: a view, or a table in a refresh. -#}
{% macro landed_rows() %}
    {{ return(adapter.dispatch('landed_rows')()) }}
{% endmacro %}

{% macro duckdb__landed_rows() %}
    {%- if changed_only() -%}
        {{ return(materialization_table_duckdb()) }}
    {%- endif -%}
    {{ return(materialization_view_default()) }}
{% endmacro %}

{% macro spark__landed_rows() %}
    {%- if changed_only() -%}
        {{ return(materialization_table_spark()) }}
    {%- endif -%}
    {{ return(materialization_view_spark()) }}
{% endmacro %}
