{#- The value at a path of a JSON text, such as `via.source.rel` or `[0]`, as text; null where there is none, or the text is
    no JSON. -#}
{% macro json_text(json_column, path) -%}
    {{ return(adapter.dispatch('json_text')(json_column, path)) }}
{%- endmacro %}

{% macro duckdb__json_text(json_column, path) -%}
    {{ return(
        "case when json_valid(" ~ json_column ~ ") then json_extract_string(" ~ json_column ~ ", '$"
        ~ ('' if path.startswith('[') else '.') ~ path ~ "') end"
    ) }}
{%- endmacro %}
