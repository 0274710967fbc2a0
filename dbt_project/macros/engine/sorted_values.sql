{#- The values of a group that are not null, in ascending order, as one list. Groups can be merged under any
    filter and still give an exact median or percentile, which a stored median cannot. -#}
{% macro sorted_values(value) -%}
    {{ adapter.dispatch('sorted_values')(value) }}
{%- endmacro %}

{% macro duckdb__sorted_values(value) -%}
    coalesce(list({{ value }} order by {{ value }}) filter (where {{ value }} is not null), [])
{%- endmacro %}

{% macro spark__sorted_values(value) -%}
    array_sort(collect_list({{ value }}))
{%- endmacro %}
