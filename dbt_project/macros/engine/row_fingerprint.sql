{#- One number for the content of a row, to tell an exact duplicate from a changed row of its key. -#}
{% macro row_fingerprint(columns, relation) -%}
    {{ adapter.dispatch('row_fingerprint')(columns, relation) }}
{%- endmacro %}

{% macro default__row_fingerprint(columns, relation) -%}
    {{ exceptions.raise_compiler_error('row_fingerprint has no body for engine ' ~ target.type) }}
{%- endmacro %}

{% macro duckdb__row_fingerprint(columns, relation) -%}
    hash({% for column in columns %}{{ relation }}.{{ adapter.quote(column) }}{{ ', ' if not loop.last }}{% endfor %})
{%- endmacro %}
