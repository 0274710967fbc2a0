{#- Overrides dbt's: on Spark a contract is kept where rows are written. Its counts of a window are integers and its sums
    have types of their own, so each column is cast; a value that does not fit its type, a null that the contract
    forbids and a row that breaks a check are errors there and then. -#}
{% macro spark__get_select_subquery(sql) %}
    {{ spark__checked_columns(sql, is_checked=true) }}
{% endmacro %}
