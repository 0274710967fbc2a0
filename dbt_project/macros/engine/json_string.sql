{#- A text as a JSON string, with its quotes. -#}
{% macro json_string(value) -%}
    {{ return(adapter.dispatch('json_string')(value)) }}
{%- endmacro %}

{% macro duckdb__json_string(value) -%}
    {{ return("cast(to_json(" ~ value ~ ") as varchar)") }}
{%- endmacro %}
