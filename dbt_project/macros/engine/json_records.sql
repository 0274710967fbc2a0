{#- The rows of `relation`, one per object of a JSON list: columns `columns`, `record_number` from 1 on, and of each
    object `fields` as text, as `record_<field>`. A row without a list, or with an empty one, gives none. -#}
{% macro json_records(relation, columns, json_column, fields) -%}
    {{ adapter.dispatch('json_records')(relation, columns, json_column, fields) }}
{%- endmacro %}

{% macro duckdb__json_records(relation, columns, json_column, fields) -%}
    {%- set types = [] -%}
    {%- for field in fields -%}
        {%- do types.append('"' ~ field ~ '": "VARCHAR"') -%}
    {%- endfor -%}
    select
        {% for column in columns -%}
        {{ column }},
        {% endfor -%}
        record_number,
        {% for field in fields -%}
        record['{{ field }}'] as record_{{ field }}{{ ',' if not loop.last }}
        {% endfor %}
    from (
        select
            {{ columns | join(', ') }},
            unnest(records) as record,
            generate_subscripts(records, 1) as record_number
        from (
            select
                {{ columns | join(', ') }},
                case
                    when json_valid({{ json_column }}) and json_type({{ json_column }}) = 'ARRAY'
                        then from_json({{ json_column }}, '[{{ '{' ~ types | join(', ') ~ '}' }}]')
                end as records
            from {{ relation }}
        ) as listed
    ) as unnested
{%- endmacro %}

{% macro spark__json_records(relation, columns, json_column, fields) -%}
    {%- set types = [] -%}
    {%- for field in fields -%}
        {%- do types.append('`' ~ field ~ '`: string') -%}
    {%- endfor -%}
    select
        {% for column in columns -%}
        {{ column }},
        {% endfor -%}
        place + 1 as record_number,
        {% for field in fields -%}
        record.`{{ field }}` as record_{{ field }}{{ ',' if not loop.last }}
        {% endfor %}
    from (
        select
            {{ columns | join(', ') }},
            posexplode(records) as (place, record)
        from (
            select
                {{ columns | join(', ') }},
                case
                    when {{ is_json(json_column) }} and json_array_length({{ json_column }}) is not null
                        then from_json({{ json_column }}, 'array<struct<{{ types | join(', ') }}>>')
                end as records
            from {{ relation }}
        ) as listed
    ) as unnested
{%- endmacro %}
