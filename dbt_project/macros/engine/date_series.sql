{#- One row per date from `first` to `last`, both included, in column `date_day`. -#}
{% macro date_series(first, last) -%}
    {{ adapter.dispatch('date_series')(first, last) }}
{%- endmacro %}

{% macro duckdb__date_series(first, last) -%}
    cast(unnest(generate_series({{ first }}, {{ last }}, interval 1 day)) as date)
{%- endmacro %}
