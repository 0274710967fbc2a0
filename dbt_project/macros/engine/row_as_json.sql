{#- The named columns of `relation` as one JSON object, for people to read. Of the `masked` ones only
    whether there is a value is told. -#}
{% macro row_as_json(columns, relation, masked=[]) -%}
    {{ adapter.dispatch('row_as_json')(columns, relation, masked) }}
{%- endmacro %}

{% macro duckdb__row_as_json(columns, relation, masked) -%}
    cast(
        json_object(
            {% for column in columns -%}
            '{{ column }}',
            {%- set value = relation ~ '.' ~ adapter.quote(column) -%}
            {%- if column in masked %} case when {{ value }} is not null then '(masked)' end
            {%- else %} {{ value }}
            {%- endif -%}
            {{ ', ' if not loop.last }}
            {% endfor %}
        ) as varchar
    )
{%- endmacro %}
