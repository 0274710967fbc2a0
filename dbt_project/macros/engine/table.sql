{#- Overrides dbt-duckdb's: one batch in one transaction replaces the relation. dbt-duckdb's makes a copy under
    another name, renames both and drops the old one. docs/decisions has the saving. -#}
{% materialization table, adapter='duckdb' %}
    {{ return(replace_relation('table', create_table_as(False, this.incorporate(type='table'), compiled_code))) }}
{% endmaterialization %}
