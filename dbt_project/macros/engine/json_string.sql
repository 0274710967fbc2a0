{#- A text as a JSON string, with its quotes. -#}
{% macro json_string(value) -%}
    {{ return(adapter.dispatch('json_string')(value)) }}
{%- endmacro %}

{% macro duckdb__json_string(value) -%}
    {{ return("cast(to_json(" ~ value ~ ") as varchar)") }}
{%- endmacro %}

{#- Spark writes lists and structures as JSON, no bare text: the text is the one member of a list. -#}
{% macro spark__json_string(value) -%}
    {{ return(
        "case when " ~ value ~ " is not null then substr(to_json(array(" ~ value ~ ")), 2, length(to_json(array("
        ~ value ~ "))) - 2) end"
    ) }}
{%- endmacro %}
