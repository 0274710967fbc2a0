{#- The text of what `json` holds at a path of names and, for lists, positions from 0; null where there is nothing,
    or no JSON. -#}
{% macro json_value(json) -%}
    {{ adapter.dispatch('json_value')(json, *varargs) }}
{%- endmacro %}

{% macro duckdb__json_value(json) -%}
    {%- set path = ['$'] -%}
    {%- for step in varargs -%}
        {%- do path.append('[' ~ step ~ ']' if step is number else '."' ~ step ~ '"') -%}
    {%- endfor -%}
    case when json_valid({{ json }}) then json_extract_string({{ json }}, '{{ path | join }}') end
{%- endmacro %}

{% macro spark__json_value(json) -%}
    {%- set path = ['$'] -%}
    {%- for step in varargs -%}
        {%- do path.append('[' ~ step ~ ']' if step is number else '.' ~ step) -%}
    {%- endfor -%}
    case when {{ is_json(json) }} then get_json_object({{ json }}, '{{ path | join }}') end
{%- endmacro %}
