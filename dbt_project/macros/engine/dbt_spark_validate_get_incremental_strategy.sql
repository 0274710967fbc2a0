{#- Overrides dbt's, which knows only the strategies that it comes with. -#}
{% macro dbt_spark_validate_get_incremental_strategy(raw_strategy, file_format) %}
    {%- if raw_strategy != 'changed_tickets' -%}
        {{ exceptions.raise_compiler_error(
            'incremental strategy ' ~ raw_strategy ~ ' of ' ~ model.name ~ ' is not known here: use changed_tickets'
        ) }}
    {%- endif -%}
    {{ return(raw_strategy) }}
{% endmacro %}
