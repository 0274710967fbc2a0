{#- The marts are in dbt's own database, which is published; the layers below them in `work_database`. A target whose
    schemas are in no database has neither. -#}
{% macro generate_database_name(custom_database_name=none, node=none) -%}
    {%- set is_below_the_marts = node is not none and node.config.get('schema') in ['staging', 'intermediate'] -%}
    {%- if is_below_the_marts and var('work_database') and target.get('database') -%}
        {{ return(var('work_database')) }}
    {%- endif -%}
    {{ return(custom_database_name or target.get('database')) }}
{%- endmacro %}
