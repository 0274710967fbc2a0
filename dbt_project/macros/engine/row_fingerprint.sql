{#- One number for the content of a row, to tell an exact duplicate from a changed row of its key. -#}
{% macro row_fingerprint(columns, relation) -%}
    {{ adapter.dispatch('row_fingerprint')(columns, relation) }}
{%- endmacro %}

{% macro duckdb__row_fingerprint(columns, relation) -%}
    hash({% for column in columns %}{{ relation }}.{{ adapter.quote(column) }}{{ ', ' if not loop.last }}{% endfor %})
{%- endmacro %}

{#- Spark's hash passes over nulls: which columns have none is hashed too, or rows that differ in the place of
    one would be alike. -#}
{% macro spark__row_fingerprint(columns, relation) -%}
    xxhash64({% for column in columns -%}
    {{ relation }}.{{ adapter.quote(column) }} is null, {{ relation }}.{{ adapter.quote(column) }}{{ ', ' if not loop.last }}
    {%- endfor %})
{%- endmacro %}
