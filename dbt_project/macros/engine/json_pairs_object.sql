{#- A JSON list of objects, each with a name and a value, as one JSON object: values as text, a list as JSON,
    without nulls. `name` and `value` are the keys of the two in each object; with `names`, SQL texts, only those
    are kept. Null without a list. -#}
{% macro json_pairs_object(json, name, value, names=none) -%}
    {{ return(adapter.dispatch('json_pairs_object')(json, name, value, names)) }}
{%- endmacro %}

{#- Nulls, which most values are, are left out by a pass of their own: that takes half the time. -#}
{% macro duckdb__json_pairs_object(json, name, value, names) -%}
    {%- set type = '[{"' ~ name ~ '": "VARCHAR", "' ~ value ~ '": "VARCHAR"}]' -%}
    {%- set pairs = "list_filter(from_json(" ~ json ~ ", '" ~ type ~ "'), lambda pair: pair." ~ value
        ~ " is not null)" -%}
    {%- if names is not none -%}
        {%- set pairs = "list_filter(" ~ pairs ~ ", lambda pair: pair." ~ name ~ " in (" ~ names | join(', ')
            ~ "))" -%}
    {%- endif -%}
    {{ return(
        "case when json_valid(" ~ json ~ ") and json_type(" ~ json ~ ") = 'ARRAY' then '{' || array_to_string("
        ~ "list_transform(" ~ pairs ~ ", lambda pair: " ~ json_string("pair." ~ name) ~ " || ':' || "
        ~ json_string("pair." ~ value) ~ "), ',') || '}' end"
    ) }}
{%- endmacro %}

{% macro spark__json_pairs_object(json, name, value, names) -%}
    {%- set type = 'array<struct<`' ~ name ~ '`: string, `' ~ value ~ '`: string>>' -%}
    {%- set kept = "pair.`" ~ value ~ "` is not null" -%}
    {%- if names is not none -%}
        {%- set kept = kept ~ " and pair.`" ~ name ~ "` in (" ~ names | join(', ') ~ ")" -%}
    {%- endif -%}
    {{ return(
        "case when " ~ is_json(json) ~ " and json_array_length(" ~ json ~ ") is not null then concat('{', array_join("
        ~ "transform(filter(from_json(" ~ json ~ ", '" ~ type ~ "'), pair -> " ~ kept ~ "), "
        ~ "pair -> concat(" ~ json_string("pair.`" ~ name ~ "`") ~ ", ':', " ~ json_string("pair.`" ~ value ~ "`")
        ~ ")), ','), '}') end"
    ) }}
{%- endmacro %}
