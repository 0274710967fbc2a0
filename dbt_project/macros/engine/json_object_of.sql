{#- The rows of a group as one JSON object, ordered by name; `json_value` is JSON text. -#}
{% macro json_object_of(name, json_value) -%}
    {{ return(adapter.dispatch('json_object_of')(name, json_value)) }}
{%- endmacro %}

{% macro duckdb__json_object_of(name, json_value) -%}
    {{ return(
        "'{' || string_agg(cast(to_json(" ~ name ~ ") as varchar) || ': ' || " ~ json_value
        ~ ", ', ' order by " ~ name ~ ") || '}'"
    ) }}
{%- endmacro %}
