{#- The rows of a contract table as a source landed them, with every value as text, and `_file` and `_row`. -#}
{% macro landed_relation(table, source_system) -%}
    {%- if source_system == 'generic' -%}
        {{ return(source('generic', table)) }}
    {%- endif -%}
    {{ return(ref('base_' ~ source_system ~ '__' ~ table)) }}
{%- endmacro %}
