{#- Overrides dbt's: on Spark a contract is kept by casting. Its counts of a window are integers and its sums have types
    of their own; what does not fit the declared type, or is not there, is an error there and then. -#}
{% macro spark__get_select_subquery(sql) %}
    {#- The rows of a part come together, or each task would write a file of its own in every part. -#}
    select {{ '/*+ rebalance(part) */' if has_images(model) else '' }}
        {%- for column in model.columns.values() %}
        cast({{ adapter.quote(column.name) }} as {{ stored_type(column.data_type) }}) as {{ adapter.quote(column.name) }}
        {{- ',' if not loop.last }}
        {%- endfor %}
        {%- if has_images(model) %},
        {{ spark__published_part() }} as part
        {%- endif %}
    from (
        {{ sql }}
    ) as model_subquery
{% endmacro %}
