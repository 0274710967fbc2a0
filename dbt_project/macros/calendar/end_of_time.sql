{#- An instant after every other, the end of what still lasts. An interval with a real end joins by
    plain comparisons, which keeps an outer join a hash join; "is null or before" would make it a nested
    loop on DuckDB. -#}
{% macro end_of_time() -%}
    timestamp '9999-12-31 00:00:00'
{%- endmacro %}
