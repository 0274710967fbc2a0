{#- Key of an entity across help desks: `source_system:native id`, null where there is no id. -#}
{% macro entity_key(id, source_system='source_system') -%}
    {{ source_system }} || ':' || {{ id }}
{%- endmacro %}
