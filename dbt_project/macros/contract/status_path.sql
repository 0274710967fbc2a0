{#- The key of a status within its help desk: its id, behind the pipeline's where it belongs to one. -#}
{% macro status_path(pipeline_id, status_id) -%}
    {{ return("coalesce(" ~ key_part(pipeline_id) ~ " || ':', '') || " ~ key_part(status_id)) }}
{%- endmacro %}
