{#- Overrides dbt's, which does not apply the contract to the new rows of an incremental model. -#}
{% macro spark__create_temporary_view(relation, compiled_code) -%}
    create or replace temporary view {{ relation }} as
    {{ get_select_subquery(compiled_code) if config.get('contract').enforced else compiled_code }}
{%- endmacro %}
