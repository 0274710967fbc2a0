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

{#- A value is parsed as a variant, which distinguishes a list from a text that looks like one. -#}
{% macro spark__json_object_items(relation, columns, json_column) -%}
    select
        {{ columns | join(', ') }},
        field,
        field_value,
        place + 1 as value_number
    from (
        select
            {{ columns | join(', ') }},
            field,
            posexplode(field_values) as (place, field_value)
        from (
            select
                {{ columns | join(', ') }},
                field,
                case
                    when schema_of_variant(content) not like 'ARRAY%' then array(cast(content as string))
                    when size(cast(content as array<string>)) = 0 then array(cast(null as string))
                    else cast(content as array<string>)
                end as field_values
            from (
                select
                    {{ columns | join(', ') }},
                    explode(from_json({{ json_column }}, 'map<string, variant>')) as (field, content)
                from {{ relation }}
                where {{ is_json(json_column) }}
            ) as keyed
        ) as listed
    ) as unnested
{%- endmacro %}
