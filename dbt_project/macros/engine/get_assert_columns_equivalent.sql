{#- Overrides dbt's, which compares the types that a model happens to have: they are cast to the declared ones. -#}
{% macro spark__get_assert_columns_equivalent(sql) -%}
    {{ return('') }}
{%- endmacro %}
