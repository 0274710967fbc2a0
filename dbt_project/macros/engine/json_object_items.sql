{#- The rows of `relation`, one per key and value of a JSON object: columns `columns`, `field`, and
    `field_value` as text; a list gives a row per element, an empty one a row with no value. -#}
{% macro json_object_items(relation, columns, json_column) -%}
    {{ adapter.dispatch('json_object_items')(relation, columns, json_column) }}
{%- endmacro %}

{% macro duckdb__json_object_items(relation, columns, json_column) -%}
    select
        {% for column in columns -%}
        keyed.{{ column }},
        {% endfor -%}
        keyed.field,
        elements.field_value
    from (
        select
            {{ columns | join(', ') }},
            {{ json_column }},
            unnest(json_keys({{ json_column }})) as field
        from {{ relation }}
    ) as keyed
    left join lateral (
        select unnest(
            case json_type(keyed.{{ json_column }}, '$."' || keyed.field || '"')
                when 'ARRAY'
                    then from_json(keyed.{{ json_column }} -> keyed.field, '["VARCHAR"]')
                else [keyed.{{ json_column }} ->> keyed.field]
            end
        ) as field_value
    ) as elements
        on true
{%- endmacro %}
