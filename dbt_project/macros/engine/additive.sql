{#- A table of additive measures by group. Whole numbers are its measures, and lists of them, of which the values
    are added; all other columns are the group. A refresh does not read the facts again: what the changed
    tickets contributed before is taken off, what they contribute now is added, to the same sums and
    lists that a full build gives. The model's own SQL tells both, run on either image of the facts that it
    reads. It must count its rows, so that a group without any is all zeros. -#}
{% materialization additive, default %}
    {{ return(adapter.dispatch('additive_rows')()) }}
{% endmaterialization %}

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
