{#- The column by which a table that a refresh changes lies in parts: a fact in those in which it is published, a table
    below the facts by source. -#}
{% macro spark__part_column() -%}
    {{ return('part' if config.get('contract').enforced else 'source_system') }}
{%- endmacro %}
