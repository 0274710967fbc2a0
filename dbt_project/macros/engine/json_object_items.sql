{#- The rows of `relation`, one per key and value of a JSON object: columns `columns`, `field`, `field_value` as text, and
    `value_number` from 1; a list gives a row per element, an empty one a row with no value. -#}
{% macro json_object_items(relation, columns, json_column) -%}
    {{ adapter.dispatch('json_object_items')(relation, columns, json_column) }}
{%- endmacro %}

{% macro duckdb__json_object_items(relation, columns, json_column) -%}
    {%- set path = "'$.\"' || field || '\"'" -%}
    select
        {{ columns | join(', ') }},
        field,
        unnest(field_values) as field_value,
        generate_subscripts(field_values, 1) as value_number
    from (
        select
            {{ columns | join(', ') }},
            field,
            case
                when json_array_length({{ json_column }}, {{ path }}) > 0
                    then from_json({{ json_column }} -> ({{ path }}), '["VARCHAR"]')
                when json_type({{ json_column }}, {{ path }}) = 'ARRAY' then [null]
                else [{{ json_column }} ->> ({{ path }})]
            end as field_values
        from (
            select
                {{ columns | join(', ') }},
                {{ json_column }},
                unnest(json_keys({{ json_column }})) as field
            from {{ relation }}
            where json_valid({{ json_column }})
        ) as keyed
    ) as listed
{%- endmacro %}
