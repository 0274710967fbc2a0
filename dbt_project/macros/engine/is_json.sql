{#- True if a text is exactly one JSON value; null counts as none. -#}
{% macro is_json(text) -%}
    {{ return(adapter.dispatch('is_json')(text)) }}
{%- endmacro %}

{% macro duckdb__is_json(text) -%}
    {{ return("json_valid(" ~ text ~ ")") }}
{%- endmacro %}

{#- Spark's parser stops at the end of the first value. As the one member of a list, nothing can follow it. -#}
{% macro spark__is_json(text) -%}
    {{ return("(try_parse_json(" ~ text ~ ") is not null and json_array_length('[' || " ~ text ~ " || ']') = 1)") }}
{%- endmacro %}
