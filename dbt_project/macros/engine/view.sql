{#- Overrides dbt-duckdb's, like the materialization `table`. -#}
{% materialization view, adapter='duckdb' %}
    {{ return(replace_relation('view', create_view_as(this.incorporate(type='view'), compiled_code))) }}
{% endmaterialization %}
