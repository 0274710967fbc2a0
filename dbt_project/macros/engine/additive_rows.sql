{#- How the `additive` materialization makes its table, or brings it up to date. -#}
{% macro additive_rows() %}
    {{ return(adapter.dispatch('additive_rows')()) }}
{% endmacro %}

{% macro duckdb__additive_rows() %}
    {%- set stored = load_cached_relation(this) -%}
    {%- if stored is none or not changed_only() -%}
        {{ return(materialization_table_duckdb()) }}
    {%- endif -%}
    {%- set groups = [] -%}
    {%- set sums = [] -%}
    {%- set lists = [] -%}
    {%- for column in model.columns.values() -%}
        {%- do {'bigint': sums, 'bigint[]': lists}.get(column.data_type, groups).append(column.name) -%}
    {%- endfor -%}
    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}
    {%- call statement('main') -%}
        {{ duckdb__merge_contributions(stored, groups, sums, lists) }}
    {%- endcall -%}
    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {{ adapter.commit() }}
    {{ run_hooks(post_hooks, inside_transaction=False) }}
    {{ return({'relations': [stored]}) }}
{% endmacro %}

{#- Remade whole: a table of sums is small beside the facts it is summed from, and Parquet has no rows that
    could be changed one by one. -#}
{% macro spark__additive_rows() %}
    {{ return(materialization_table_spark()) }}
{% endmacro %}
