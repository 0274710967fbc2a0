{#- The contract tables of which a build stops at the first unusable row, as declared next to their columns; none while
    dbt is only parsing. -#}
{% macro strict_tables() %}
    {%- set tables = [] -%}
    {%- if execute -%}
        {%- for node in graph.sources.values() if node.source_name == 'generic' and node.config.meta.get('strict') -%}
            {%- do tables.append(node.name) -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(tables | sort) }}
{% endmacro %}
