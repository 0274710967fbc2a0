{#- The key of a target that the help desk recorded on tickets itself: its policy, metric, goal and schedule. -#}
{% macro applied_target_key(relation, schedule_id, source_system) -%}
    {{ entity_key(
        key_part(relation ~ '.policy_id') ~ " || ':' || " ~ relation ~ ".metric || ':applied:' || cast("
        ~ relation ~ ".goal_seconds as string) || ':' || " ~ key_part("coalesce(" ~ schedule_id ~ ", '')"),
        source_system
    ) }}
{%- endmacro %}
