{#- The key of a version of an SLA target, over all help desks. -#}
{% macro sla_target_key(relation) -%}
    {{ entity_key(
        key_part(relation ~ '.policy_id') ~ " || ':' || " ~ relation ~ ".metric || ':' || "
        ~ key_part('coalesce(' ~ relation ~ ".priority, '')")
        ~ " || ':' || coalesce(cast(" ~ relation ~ ".valid_from as string), '')",
        relation ~ '.source_system'
    ) }}
{%- endmacro %}
