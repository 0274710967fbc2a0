{#- The rows of `relation`, one per key and value of a JSON object: columns `columns`, `entry_key` and `entry_value` as text.
    A key may be any text. -#}
{% macro json_entries(relation, columns, json_column) -%}
    {{ adapter.dispatch('json_entries')(relation, columns, json_column) }}
{%- endmacro %}

{% macro duckdb__json_entries(relation, columns, json_column) -%}
    select
        {{ columns | join(', ') }},
        entries.key as entry_key,
        json_extract_string(entries.value, '$') as entry_value
    from {{ relation }},
        json_each({{ relation }}.{{ json_column }}) as entries
{%- endmacro %}

{% macro spark__json_entries(relation, columns, json_column) -%}
    select
        {{ columns | join(', ') }},
        explode(from_json({{ json_column }}, 'map<string, string>')) as (entry_key, entry_value)
    from {{ relation }}
{%- endmacro %}
