{#- A time before all others, the start of intervals without a start. -#}
{% macro beginning_of_time() -%}
    timestamp '0001-01-01 00:00:00'
{%- endmacro %}
