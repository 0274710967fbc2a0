{#- The rows of `relation`, one per element of a JSON list: columns `columns`, `element` as JSON text, and
    `element_number` from 1. -#}
{% macro json_elements(relation, columns, json_column) -%}
    {{ adapter.dispatch('json_elements')(relation, columns, json_column) }}
{%- endmacro %}

{% macro duckdb__json_elements(relation, columns, json_column) -%}
    select
        {{ columns | join(', ') }},
        unnest(elements) as element,
        unnest(range(1, len(elements) + 1)) as element_number
    from (
        select
            {{ columns | join(', ') }},
            case when json_valid({{ json_column }}) then json_extract({{ json_column }}, '$[*]') end as elements
        from {{ relation }}
    ) as listed
{%- endmacro %}
