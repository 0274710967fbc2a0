{#- The most seconds that a contract row may tell, a hundred years: more is a mistake, and sums of a few
    of the largest whole numbers are no whole number any more. -#}
{% macro longest_seconds() -%}
    {{ return('3153600000') }}
{%- endmacro %}
