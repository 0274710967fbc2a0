{#- A time after all others, the end of intervals that last. With a real end an interval joins by plain
    comparisons, so that an outer join stays a hash join. With "is null or before" DuckDB would use a nested
    loop. -#}
{% macro end_of_time() -%}
    timestamp '9999-12-31 00:00:00'
{%- endmacro %}
