{#- One number for the content of a row, to distinguish an exact duplicate from a changed row of the same key. -#}
{% macro row_fingerprint(columns, relation) -%}
    {{ adapter.dispatch('row_fingerprint')(columns, relation) }}
{%- endmacro %}

{% macro duckdb__row_fingerprint(columns, relation) -%}
    hash({% for column in columns %}{{ relation }}.{{ adapter.quote(column) }}{{ ', ' if not loop.last }}{% endfor %})
{%- endmacro %}

{#- Spark's hash skips nulls, so the positions of nulls are hashed too. Otherwise rows that differ only in the
    position of a null would be equal. -#}
{% macro spark__row_fingerprint(columns, relation) -%}
    xxhash64({% for column in columns -%}
    {{ relation }}.{{ adapter.quote(column) }} is null, {{ relation }}.{{ adapter.quote(column) }}{{ ', ' if not loop.last }}
    {%- endfor %})
{%- endmacro %}
