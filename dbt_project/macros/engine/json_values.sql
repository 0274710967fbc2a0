{#- The texts under each of `keys` in the first of the JSON objects `jsons` that has the key, as one list in the
    order of the keys. Null without an object, or if a text is not a JSON object. A missing key gives a null. A
    key can be any text: it is not a path. -#}
{% macro json_values(jsons, keys) -%}
    {{ return(adapter.dispatch('json_values')(jsons, keys)) }}
{%- endmacro %}

{#- A JSON pointer takes a key as it is, but for two marks; the JSON is parsed once for all keys. -#}
{% macro duckdb__json_values(jsons, keys) -%}
    {%- set pointers = [] -%}
    {%- set places = [] -%}
    {%- for key in keys -%}
        {%- if key is not none -%}
            {%- do pointers.append(text_literal('/' ~ key | replace('~', '~0') | replace('/', '~1'))) -%}
        {%- endif -%}
        {#- A place off the list has no value. -#}
        {%- do places.append(pointers | length if key is not none else keys | length + 1) -%}
    {%- endfor -%}
    {%- if not pointers -%}
        {{ return('cast(null as varchar[])') }}
    {%- endif -%}
    {%- set found = [] -%}
    {%- for json in jsons -%}
        {%- set values = 'try(json_extract_string(' ~ json ~ ', [' ~ pointers | join(', ') ~ ']))' -%}
        {%- do found.append(
            values if pointers | length == keys | length
            else 'list_select(' ~ values ~ ', [' ~ places | join(', ') ~ '])'
        ) -%}
    {%- endfor -%}
    {%- if jsons | length == 1 -%}
        {{ return(found[0]) }}
    {%- endif -%}
    {%- set either = [] -%}
    {%- for place in range(1, keys | length + 1) -%}
        {%- do either.append(
            'coalesce((' ~ found[0] ~ ')[' ~ place ~ '], (' ~ found[1] ~ ')[' ~ place ~ '])'
        ) -%}
    {%- endfor -%}
    {{ return(
        'case when ' ~ jsons[0] ~ ' is null then ' ~ found[1] ~ ' when ' ~ jsons[1] ~ ' is null then ' ~ found[0]
        ~ ' else [' ~ either | join(', ') ~ '] end'
    ) }}
{%- endmacro %}

{#- A JSON path cannot have keys with quotes here; a map can. -#}
{% macro spark__json_values(jsons, keys) -%}
    {%- set values = [] -%}
    {%- for key in keys -%}
        {%- set found = [] -%}
        {%- for json in jsons if key is not none -%}
            {%- do found.append(
                "try_element_at(from_json(" ~ json ~ ", 'map<string, string>'), " ~ text_literal(key) ~ ')'
            ) -%}
        {%- endfor -%}
        {%- do values.append('coalesce(' ~ found | join(', ') ~ ')' if found else 'cast(null as string)') -%}
    {%- endfor -%}
    {{ return('array(' ~ values | join(', ') ~ ')') }}
{%- endmacro %}
