{#- Overrides dbt's: on Spark a contract is kept by casting. Its counts of a window are integers and its sums have types
    of their own; what does not fit the declared type, or is not there, is an error there and then. -#}
{% macro spark__get_select_subquery(sql) %}
    select
        {%- for column in model.columns.values() %}
        cast({{ adapter.quote(column.name) }} as {{ stored_type(column.data_type) }}) as {{ adapter.quote(column.name) }}
        {{- ',' if not loop.last }}
        {%- endfor %}
    from (
        {{ sql }}
    ) as model_subquery
{% endmacro %}
