{#- Makes the relation of a model by `create_sql`, in place of the one that is there; `type` is table or view. -#}
{% macro replace_relation(type, create_sql) %}
    {%- set existing = load_cached_relation(this) -%}
    {%- set target = this.incorporate(type=type) -%}
    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}
    {%- call statement('main') -%}
        {%- if existing is not none %}
        drop {{ existing.type }} if exists {{ existing.render() }} cascade;
        {%- endif %}
        {{ create_sql }}
    {%- endcall -%}
    {%- do create_indexes(target) -%}
    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {%- do persist_docs(target, model) -%}
    {{ adapter.commit() }}
    {{ run_hooks(post_hooks, inside_transaction=False) }}
    {{ return({'relations': [target]}) }}
{% endmacro %}
