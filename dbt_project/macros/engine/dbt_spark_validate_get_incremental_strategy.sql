{#- Overrides dbt's, which accepts only its own strategies. -#}
{% macro dbt_spark_validate_get_incremental_strategy(raw_strategy, file_format) %}
    {%- if raw_strategy not in ('changed_tickets', 'append') -%}
        {{ exceptions.raise_compiler_error(
            'incremental strategy ' ~ raw_strategy ~ ' of ' ~ model.name ~ ' is not known here: use changed_tickets or append'
        ) }}
    {%- endif -%}
    {{ return(raw_strategy) }}
{% endmacro %}
