{#- Values, given as SQL by name, as one JSON object for readers. -#}
{% macro row_as_json(values) -%}
    {{ adapter.dispatch('row_as_json')(values) }}
{%- endmacro %}

{% macro duckdb__row_as_json(values) -%}
    cast(
        json_object(
            {% for name, value in values.items() -%}
            '{{ name }}', {{ value }}{{ ', ' if not loop.last }}
            {% endfor %}
        ) as varchar
    )
{%- endmacro %}

{% macro spark__row_as_json(values) -%}
    to_json(
        named_struct(
            {% for name, value in values.items() -%}
            '{{ name }}', {{ value }}{{ ', ' if not loop.last }}
            {% endfor %}
        ),
        map('ignoreNullFields', 'false')
    )
{%- endmacro %}
