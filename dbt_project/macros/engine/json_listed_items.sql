{#- The rows of `relation`, one per element of the lists that a JSON object holds by name: columns `columns`, `field`,
    `element` as JSON text, and `element_number` from 1 in its list. -#}
{% macro json_listed_items(relation, columns, json_column) -%}
    {{ adapter.dispatch('json_listed_items')(relation, columns, json_column) }}
{%- endmacro %}

{% macro duckdb__json_listed_items(relation, columns, json_column) -%}
    select
        {{ columns | join(', ') }},
        field,
        unnest(elements) as element,
        unnest(range(1, len(elements) + 1)) as element_number
    from (
        select
            {{ columns | join(', ') }},
            field,
            from_json({{ json_column }} -> ('$."' || field || '"'), '["JSON"]') as elements
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
