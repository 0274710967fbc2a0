{#- One row per date from `first` to `last`, both included, in column `date_day`. -#}
{% macro date_series(first, last) -%}
    {{ adapter.dispatch('date_series')(first, last) }}
{%- endmacro %}

{% macro duckdb__date_series(first, last) -%}
    cast(unnest(generate_series({{ first }}, {{ last }}, interval 1 day)) as date)
{%- endmacro %}

{#- A sequence whose end lies before its start is an error there, not empty. -#}
{% macro spark__date_series(first, last) -%}
    explode(
        case
            when cast({{ first }} as date) <= cast({{ last }} as date)
                then sequence(cast({{ first }} as date), cast({{ last }} as date), interval 1 day)
        end
    )
{%- endmacro %}
