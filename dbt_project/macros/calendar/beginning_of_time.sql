{#- An instant before every other, the start of what has been so since ever. -#}
{% macro beginning_of_time() -%}
    timestamp '0001-01-01 00:00:00'
{%- endmacro %}
