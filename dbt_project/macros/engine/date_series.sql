{#- One row per date from `first` to `last`, both included, in column `date_day`. -#}
{% macro date_series(first, last) -%}
    {{ adapter.dispatch('date_series')(first, last) }}
{%- endmacro %}

{% macro default__date_series(first, last) -%}
    {{ exceptions.raise_compiler_error('date_series has no body for engine ' ~ target.type) }}
{%- endmacro %}

{% macro duckdb__date_series(first, last) -%}
    cast(unnest(generate_series({{ first }}, {{ last }}, interval 1 day)) as date)
{%- endmacro %}
