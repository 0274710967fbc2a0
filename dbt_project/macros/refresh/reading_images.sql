{#- The SQL of a model with every fact that a refresh changes replaced by its image `before` or `after`; the
    clock of the build before goes with the former. -#}
{% macro reading_images(sql, time) %}
    {%- set replaced = namespace(sql=sql) -%}
    {%- for parent in model.depends_on.nodes -%}
        {%- set node = graph.nodes[parent] -%}
        {%- if has_images(node) -%}
            {%- set replaced.sql = replaced.sql | replace(node.relation_name, image(node.name, time) | string) -%}
        {%- elif node.name == 'int_builds_current' and time == 'before' -%}
            {%- set previous = stored(node.schema, 'int_builds_previous') | string -%}
            {%- set replaced.sql = replaced.sql | replace(node.relation_name, previous) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(replaced.sql) }}
{% endmacro %}
