{#- True if a JSON text is an object whose keys are ticket properties that an SLA policy may match on;
    null counts as an empty object. -#}
{% macro is_sla_conditions(conditions) -%}
    {{ return(adapter.dispatch('is_sla_conditions')(conditions)) }}
{%- endmacro %}

{% macro duckdb__is_sla_conditions(conditions) -%}
    {{ return(
        "(" ~ conditions ~ " is null or (json_type(" ~ conditions ~ ") = 'OBJECT' and list_has_all("
        ~ "['pipeline', 'priority', 'team', 'channel', 'source'], json_keys(" ~ conditions ~ "))))"
    ) }}
{%- endmacro %}

{% macro spark__is_sla_conditions(conditions) -%}
    {{ return(
        "(" ~ conditions ~ " is null or coalesce(size(array_except(json_object_keys(" ~ conditions ~ "), "
        ~ "array('pipeline', 'priority', 'team', 'channel', 'source'))) = 0, false))"
    ) }}
{%- endmacro %}
