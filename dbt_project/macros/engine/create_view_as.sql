{#- Overrides dbt's: the columns of a view also have the types of its contract. -#}
{% macro spark__create_view_as(relation, sql) -%}
    create or replace view {{ relation }} as
    {{ spark__checked_columns(sql, is_checked=false) if config.get('contract').enforced else sql }}
{%- endmacro %}
