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

{% macro spark__json_object_of(name, json_value) -%}
    {%- set item = "case when " ~ json_value ~ " is not null then named_struct('name', " ~ name ~ ", 'item', "
        ~ json_string(name) ~ " || ': ' || " ~ json_value ~ ") end" -%}
    {{ return(
        "'{' || case when count(" ~ name ~ " || " ~ json_value ~ ") > 0 then array_join(transform(array_sort("
        ~ "collect_list(" ~ item ~ ")), one -> one.item), ', ') end || '}'"
    ) }}
{%- endmacro %}
