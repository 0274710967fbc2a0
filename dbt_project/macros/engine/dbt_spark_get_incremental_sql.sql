{#- Overrides dbt's, which calls no strategy but its own. -#}
{% macro dbt_spark_get_incremental_sql(strategy, source, target, existing, unique_key, incremental_predicates) %}
    {{ return(get_incremental_changed_tickets_sql({
        'target_relation': target,
        'temp_relation': source,
        'unique_key': unique_key,
        'dest_columns': adapter.get_columns_in_relation(target),
    })) }}
{% endmacro %}
