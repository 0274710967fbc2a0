{#- The largest number of seconds in a contract row, a hundred years. More is a mistake, and would overflow sums. -#}
{% macro longest_seconds() -%}
    {{ return('3153600000') }}
{%- endmacro %}
