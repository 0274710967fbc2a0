{#- A staging model of rows that are of one ticket each: a view on everything that landed, or, in a refresh, a
    table of the rows of the changed tickets, which many models then read. -#}
{% materialization landed, default %}
    {{ return(adapter.dispatch('landed_rows')()) }}
{% endmaterialization %}

{% macro duckdb__landed_rows() %}
    {%- if changed_only() -%}
        {{ return(materialization_table_duckdb()) }}
    {%- endif -%}
    {{ return(materialization_view_default()) }}
{% endmacro %}
